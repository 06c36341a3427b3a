/** One robot: its settings and secrets, its waiting line, and what it counts. */
import { performance } from "node:perf_hooks";
import type { BridgeConfig, RobotConfig } from "./config.ts";
import { classifyAnswer, FailureReason } from "./errcode.ts";
import type { Verdict } from "./errcode.ts";
import type { Instruments } from "./instruments.ts";
import { TokenBucket } from "./limiter.ts";
import type { Log } from "./log.ts";
import { composeMessage } from "./message.ts";
import { RobotQueue } from "./queue.ts";
import type { Outcome } from "./queue.ts";
import { postMessage, timed } from "./robot-client.ts";
import { SecretError, SecretFile } from "./secrets.ts";
import type { Redactor } from "./secrets.ts";
import { sendUrl } from "./sign.ts";
import type { Notification } from "./webhook.ts";

export interface RobotContext {
  readonly config: BridgeConfig;
  readonly instruments: Instruments;
  readonly log: Log;
  readonly redactor: Redactor;
}

/** Delivers notifications to one robot. */
export class Robot {
  readonly name: string;
  readonly #config: RobotConfig;
  readonly #context: RobotContext;
  readonly #token: SecretFile;
  readonly #secret: SecretFile | undefined;
  readonly #queue: RobotQueue;

  constructor(name: string, config: RobotConfig, context: RobotContext) {
    this.name = name;
    this.#config = config;
    this.#context = context;
    const { instruments, log, redactor } = context;
    const onFailure = (error: SecretError) => {
      instruments.secretReadFailures.inc({ robot: name });
      log.warn("a secret can't be read; its last value serves", { robot: name, error: error.message });
    };
    this.#token = new SecretFile(config.accessTokenFile, redactor, onFailure);
    this.#secret =
      config.signingSecretFile === undefined
        ? undefined
        : new SecretFile(config.signingSecretFile, redactor, onFailure);
    const now = () => performance.now();
    this.#queue = new RobotQueue({
      bucket: new TokenBucket(config.ratePerMinute, now),
      send: (notifications) => this.#send(notifications),
      now,
      holdMilliseconds: context.config.timeouts.holdSeconds * 1000,
      onLength: (length) => {
        instruments.queuedNotifications.set({ robot: name }, length);
      },
      onThrottle: (milliseconds) => {
        const until = milliseconds === 0 ? 0 : (Date.now() + milliseconds) / 1000;
        instruments.throttledUntil.set({ robot: name }, until);
      },
    });
  }

  /** What is wrong with the robot's secrets, one line each; empty when all can be read. */
  checkSecrets(): string[] {
    return [this.#token, ...(this.#secret === undefined ? [] : [this.#secret])].flatMap((file) => {
      try {
        file.read();
        return [];
      } catch (error) {
        return [error instanceof Error ? error.message : String(error)];
      }
    });
  }

  /** Delivers one notification and counts the outcome. */
  async deliver(notification: Notification, bytes: number, gone: AbortSignal): Promise<Outcome> {
    const { instruments, log } = this.#context;
    const robot = this.name;
    instruments.notificationsReceived.inc({ robot });
    const { result: outcome, seconds } = await timed(() => this.#queue.submit(notification, bytes, gone));
    instruments.notificationDuration.observe({ robot }, seconds);
    const fields = {
      robot,
      receiver: notification.receiver,
      group: notification.groupKey.slice(0, 300),
      alerts: notification.alerts.length,
      seconds: Math.round(seconds * 1000) / 1000,
    };
    if (outcome.kind === "delivered") {
      instruments.notificationsSent.inc({ robot });
      if (outcome.coalesced > 1) instruments.notificationsCoalesced.inc({ robot });
      log.info("notification delivered", { ...fields, notificationsInMessage: outcome.coalesced });
    } else {
      instruments.notificationsFailed.inc({ robot, reason: outcome.reason });
      const failure = {
        ...fields,
        reason: outcome.reason,
        detail: outcome.detail,
        retried: outcome.kind === "retry",
      };
      if (outcome.kind === "reject") log.error("notification refused by DingTalk", failure);
      else log.warn("notification not delivered", failure);
    }
    return outcome;
  }

  /** Finishes what is under way; see RobotQueue.stop. */
  stop(): Promise<void> {
    return this.#queue.stop();
  }

  async #send(notifications: readonly Notification[]): Promise<Verdict> {
    const { config, instruments, log } = this.#context;
    const robot = this.name;
    try {
      const message = composeMessage(notifications, {
        ...this.#config,
        alertmanagerUrl: config.externalUrls.alertmanager,
        timezone: config.timezone,
      });
      const url = sendUrl(this.#config.endpoint, this.#token.read(), this.#secret?.read(), Date.now());
      const { result: answer, seconds } = await timed(() =>
        postMessage(url, message.body, config.timeouts.requestSeconds * 1000),
      );
      instruments.robotRequestDuration.observe({ robot }, seconds);
      const verdict = classifyAnswer(answer);
      if (verdict.kind !== "delivered") return verdict;
      instruments.messagesSent.inc({ robot });
      instruments.lastSuccess.set({ robot }, Date.now() / 1000);
      instruments.alertsOmitted.inc({ robot }, message.omittedAlerts);
      if (message.omittedAlerts + message.shortenedAlerts > 0) {
        instruments.messagesTruncated.inc({ robot });
        log.warn("message truncated", {
          robot,
          title: message.title,
          omittedAlerts: message.omittedAlerts,
          shortenedAlerts: message.shortenedAlerts,
        });
      }
      return verdict;
    } catch (error) {
      if (error instanceof SecretError) {
        return { kind: "retry", reason: FailureReason.secretUnreadable, detail: error.message };
      }
      // A defect must not end the process, and its notification is still Alertmanager's to repeat.
      log.error("sending failed unexpectedly", {
        robot,
        error: error instanceof Error ? error.name : "unknown",
      });
      return {
        kind: "retry",
        reason: FailureReason.internal,
        detail: "internal error, see the bridge's log",
      };
    }
  }
}
