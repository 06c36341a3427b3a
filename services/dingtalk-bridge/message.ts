/** Builds the JSON body of one message to a DingTalk robot from the notifications that it carries. Pure. */
import { fitText } from "./fit.ts";
import { renderParts } from "./render.ts";
import type { Link } from "./render.ts";
import { jsonBytes } from "./text.ts";
import { mergeNotifications } from "./webhook.ts";
import type { Notification } from "./webhook.ts";

/** DingTalk's limit of a message, in bytes of the whole JSON body. */
export const maxMessageBytes = 20_000;

/** Kinds of message that the bridge writes. */
export type MessageType = "markdown" | "actionCard";

/** How a robot's messages are written. */
export interface MessageSettings {
  readonly messageType: MessageType;
  readonly keyword?: string | undefined;
  readonly mentionMobiles: readonly string[];
  readonly mentionUserIds: readonly string[];
  readonly mentionAll: boolean;
  readonly alertmanagerUrl: string | undefined;
  readonly timezone: string;
}

/** Who is mentioned. */
export interface Mentions {
  readonly atMobiles: readonly string[];
  readonly atUserIds: readonly string[];
  readonly isAtAll: boolean;
}

/** A robot message as DingTalk defines it, as far as the bridge uses it. */
export type RobotMessage =
  | {
      readonly msgtype: "markdown";
      readonly markdown: { readonly title: string; readonly text: string };
      readonly at: Mentions;
    }
  | { readonly msgtype: "actionCard"; readonly actionCard: ActionCard; readonly at: Mentions };

/** One button fills the card; several stand below each other. */
export type ActionCard = {
  readonly title: string;
  readonly text: string;
  readonly btnOrientation: "0" | "1";
} & (
  | { readonly singleTitle: string; readonly singleURL: string }
  | { readonly btns: readonly { readonly title: string; readonly actionURL: string }[] }
);

/** A message ready to be sent, with what is worth counting. */
export interface ComposedMessage {
  readonly body: string;
  readonly title: string;
  readonly firing: number;
  readonly resolved: number;
  readonly omittedAlerts: number;
  readonly shortenedAlerts: number;
}

/**
 * Composes one message of at most 20,000 bytes. The keyword is always in its text. People are mentioned only while something
 * fires: nobody needs to be called for a resolved alert.
 *
 * @param notifications at least one; those of the same group are merged
 */
export function composeMessage(
  notifications: readonly Notification[],
  settings: MessageSettings,
): ComposedMessage {
  const parts = renderParts(mergeNotifications(notifications), settings);
  const at = parts.firing > 0 ? mentions(settings) : { atMobiles: [], atUserIds: [], isAtAll: false };
  const build = (text: string) => message(settings.messageType, parts.title, text, parts.buttons, at);
  const room = maxMessageBytes - Buffer.byteLength(JSON.stringify(build("")), "utf8");
  const { keyword } = settings;
  const people = [...at.atMobiles, ...at.atUserIds].map((name) => `@${name}`).join(" ");
  const footer = people === "" ? [] : [people];
  let fitted = fitText(parts, room, footer);
  if (keyword !== undefined && !fitted.text.includes(keyword))
    fitted = fitText(parts, room, [keyword, ...footer]);
  return {
    body: JSON.stringify(build(fitted.text)),
    title: parts.title,
    firing: parts.firing,
    resolved: parts.resolved,
    omittedAlerts: fitted.omitted,
    shortenedAlerts: fitted.shortened,
  };
}

function mentions(settings: MessageSettings): Mentions {
  return {
    atMobiles: settings.mentionMobiles,
    atUserIds: settings.mentionUserIds,
    isAtAll: settings.mentionAll,
  };
}

function message(
  type: MessageType,
  title: string,
  text: string,
  buttons: readonly Link[],
  at: Mentions,
): RobotMessage {
  const [first, ...others] = shortEnough(buttons);
  // A card needs a button, and without any address there is nothing to press.
  if (type === "markdown" || first === undefined)
    return { msgtype: "markdown", markdown: { title, text }, at };
  const card = { title, text, btnOrientation: "0" } as const;
  if (others.length === 0) {
    return {
      msgtype: "actionCard",
      actionCard: { ...card, singleTitle: first.title, singleURL: first.url },
      at,
    };
  }
  const btns = [first, ...others].map((button) => ({ title: button.title, actionURL: button.url }));
  return { msgtype: "actionCard", actionCard: { ...card, btns }, at };
}

/** Buttons must leave the room to the text: links that together exceed 4,100 bytes are dropped. */
function shortEnough(buttons: readonly Link[]): Link[] {
  let used = 0;
  return buttons.filter((button) => {
    used += jsonBytes(button.url);
    return used <= 4100;
  });
}
