/** Links into Alertmanager's UI. They open its page for a new silence, or its list of alerts, with matchers filled in. */
import { linkUrl, toWellFormed } from "./text.ts";

/** Labels as Alertmanager's UI reads them from a URL: `{name="value",…}`, percent-encoded. */
export function matcherFilter(labels: Readonly<Record<string, string>>): string {
  const matchers = Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${matcherName(name)}=${JSON.stringify(toWellFormed(value))}`);
  // encodeURIComponent leaves ( ) ' * as they are, which Markdown would interpret.
  return encodeURIComponent(`{${matchers.join(",")}}`).replace(
    /[()'*]/g,
    (c) => `%${c.charCodeAt(0).toString(16)}`,
  );
}

/** Names outside the classic alphabet are quoted (Alertmanager's UTF-8 matchers). */
function matcherName(name: string): string {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : JSON.stringify(toWellFormed(name));
}

/**
 * Page for a new silence on `labels`; undefined without an Alertmanager URL, without labels (it would silence everything)
 * or when the link would be longer than 2,000 characters.
 */
export function silenceUrl(
  alertmanagerUrl: string | undefined,
  labels: Readonly<Record<string, string>>,
): string | undefined {
  if (alertmanagerUrl === undefined || Object.keys(labels).length === 0) return undefined;
  return linkUrl(`${trimmed(alertmanagerUrl)}/#/silences/new?filter=${matcherFilter(labels)}`);
}

/** The list of alerts, narrowed to `labels` when there are some. */
export function alertsUrl(
  alertmanagerUrl: string | undefined,
  labels: Readonly<Record<string, string>>,
): string | undefined {
  if (alertmanagerUrl === undefined) return undefined;
  const all = `${trimmed(alertmanagerUrl)}/#/alerts`;
  if (Object.keys(labels).length === 0) return linkUrl(all);
  return linkUrl(`${all}?filter=${matcherFilter(labels)}`) ?? linkUrl(all);
}

function trimmed(url: string): string {
  return url.replace(/\/+$/, "");
}
