import { parser } from "@prometheus-io/lezer-promql";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { pythonFloat } from "../../../metrics/float.ts";
import { floatMatcher } from "../../../metrics/promql/le.ts";
import type { Node } from "../../../metrics/promql/node.ts";
import * as q from "../../../metrics/promql/index.ts";
import { bracketed } from "../../support/bracketed-promql.ts";
import { syntaxError } from "../../support/promql-syntax.ts";
import { allSelectors, expressions } from "../../support/random-promql.ts";

/** A context in which all families exist. */
const options: q.ContextOptions = {
  versions: { vllm: "0.33.0" },
  maxModelLen: 131_072,
  externalLabels: "keep",
};
const printable = (withShifts: boolean) =>
  expressions(withShifts).filter(({ quantity }) => quantity !== "counter" && quantity !== "bucket");

/** The nodes of a text's tree as nested lists, without brackets: they only say how the tree hangs together. */
function shape(text: string): unknown {
  const tree = parser.parse(text.replace(/\$__\w+/g, "5m"));
  const read = (node: typeof tree.topNode): unknown => {
    const inner: unknown[] = [];
    for (let child = node.firstChild; child !== null; child = child.nextSibling) inner.push(read(child));
    if (node.name === "ParenExpr") return inner[0];
    // A negative number is read as one literal or as a sign and a number.
    if (node.name === "UnaryExpr") return String(inner[1]).replace("Literal ", "Literal -");
    return inner.length === 0
      ? `${node.name} ${text.replace(/\$__\w+/g, "5m").slice(node.from, node.to)}`
      : [node.name, ...inner];
  };
  return read(tree.topNode);
}

describe("every expression that the builder allows", () => {
  it("prints as PromQL", () => {
    fc.assert(
      fc.property(printable(true), (expression) => {
        expect(syntaxError(q.print(expression, options))).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  it("means what was built: brackets stand wherever they change something", () => {
    fc.assert(
      // The editor's grammar lets "@" and "offset" bind weaker than operators; Prometheus' own does not (test/tools/metrics).
      fc.property(printable(false), (expression) => {
        const leaf = (node: Node): string =>
          q.print({ kind: "vector", node, quantity: "gauge", labels: [], unit: undefined }, options);
        expect(shape(q.print(expression, options))).toEqual(shape(bracketed(expression.node, leaf)));
      }),
      { numRuns: 500 },
    );
  });

  it("prints the same text twice, and names series that stand in it", () => {
    fc.assert(
      fc.property(printable(true), (expression) => {
        const text = q.print(expression, options);
        expect(q.print(expression, options)).toBe(text);
        for (const name of q.seriesNames(expression, options)) expect(text).toContain(name);
      }),
      { numRuns: 300 },
    );
  });

  it("never sums, averages or compares what must not be", () => {
    const levels = [
      "intensive",
      "quotient",
      "quantile",
      "mean",
      "timestamp",
      "code",
      "info",
      "counter",
      "bucket",
    ];
    for (const vector of allSelectors) {
      if (!levels.includes(vector.quantity)) continue;
      expect(() => (q.sum as (v: q.Vector) => q.Vector)(vector), vector.node.kind).toThrow(q.PromqlError);
    }
  });
});

describe("random spellings of a bound", () => {
  it("are all matched", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true, minExcluded: true }), (bound) => {
        const { operator, value } = floatMatcher("le", bound);
        const matches = (text: string): boolean =>
          operator === "=" ? text === value : new RegExp(`^(?:${value})$`).test(text);
        const normalised = pythonFloat(bound);
        expect(matches(normalised)).toBe(true);
        expect(matches(normalised.replace(/\.0$/, ""))).toBe(true);
        expect(matches(pythonFloat(bound * 2 + 1))).toBe(false);
      }),
    );
  });
});
