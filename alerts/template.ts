/**
 * Go templates of labels and annotations, as far as they can be checked without Prometheus: a mistake there is not an
 * error for Prometheus either, which then sends the error's text instead of the annotation.
 * Source: prometheus.io/docs/prometheus/latest/configuration/template_reference.
 */

const FUNCTIONS = new Set(
  (
    "query first label value sortByLabel strvalue humanize humanize1024 humanizeDuration humanizePercentage " +
    "humanizeTimestamp toTime toDuration now title toUpper toLower stripPort stripDomain match reReplaceAll graphLink " +
    "tableLink parseDuration pathPrefix externalURL args tmpl safeHtml " +
    // Go's own
    "and or not eq ne lt le gt ge len index slice print printf println html js urlquery call"
  ).split(" "),
);
const KEYWORDS = new Set([
  "if",
  "else",
  "end",
  "range",
  "with",
  "define",
  "template",
  "block",
  "break",
  "continue",
]);
const VARIABLES = new Set(["labels", "value", "externalLabels", "externalURL"]);
const TOKEN = /"(?:[^"\\]|\\.)*"|`[^`]*`|\$[A-Za-z_]*(?:\.[A-Za-z_]\w*)*|\.?[A-Za-z_][\w.]*|[^\s]/g;

/** What is wrong with a template, or undefined. */
export function templateProblem(text: string): string | undefined {
  const actions = [...text.matchAll(/\{\{-?([^]*?)-?\}\}/g)].map((match) => match[1] ?? "");
  const rest = text.replace(/\{\{-?[^]*?-?\}\}/g, "");
  if (rest.includes("{{") || rest.includes("}}")) return "has {{ and }} that do not match";
  const declared = new Set(
    actions.flatMap((action) => [...action.matchAll(/\$(\w+)(?=[\w$,\s]*:=)/g)].map((m) => m[1])),
  );
  let depth = 0;
  for (const action of actions) {
    const tokens = action.match(TOKEN) ?? [];
    const [first] = tokens;
    if (first === undefined) return "has an empty {{ }}";
    if (first === "end") depth -= 1;
    if (["if", "range", "with", "define", "block"].includes(first)) depth += 1;
    if (depth < 0) return "has an {{ end }} without a beginning";
    const unknown = tokens.find((token) => !isKnown(token, declared));
    if (unknown !== undefined) return `names ${unknown}, which alert templates do not know`;
  }
  return depth > 0 ? "lacks an {{ end }}" : undefined;
}

function isKnown(token: string, declared: Set<string | undefined>): boolean {
  if (token.startsWith("$")) {
    const [name = ""] = token.slice(1).split(".");
    return name === "" || VARIABLES.has(name) || declared.has(name);
  }
  if (!/^[A-Za-z_]/.test(token)) return true;
  return (
    FUNCTIONS.has(token) || KEYWORDS.has(token) || token === "true" || token === "false" || token === "nil"
  );
}
