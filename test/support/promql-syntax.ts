import { parser } from "@prometheus-io/lezer-promql";

/** What Grafana would put in for its own durations. */
function filledIn(expression: string): string {
  return expression.replace(/\$__(rate_interval|interval|range)/g, "5m");
}

/** Where a PromQL text is no PromQL, or undefined when it is. */
export function syntaxError(expression: string): string | undefined {
  const text = filledIn(expression);
  let found: string | undefined;
  parser.parse(text).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError) found ??= `at ${String(from)}: "${text.slice(from, Math.max(to, from + 20))}"`;
    },
  });
  return found;
}
