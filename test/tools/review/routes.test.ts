/** The route tree as the review walks it, against amtool. */

import fc from "fast-check";
import { expect, it } from "vitest";
import { stringify } from "yaml";

import { destinationsOf, routeTree } from "../../../review/semantic/route-tree.ts";
import { receiversOf } from "../../support/amtool.ts";

const labels = ["severity", "team", "model_name"];
const values = ["critical", "warning", "search", "a.b", "A", ""];
const expressions = ["critical|warning", "s.*", "(?i)a", "a\\.b", ".*", ".+", "[^c].*", "x?"];

interface Route {
  receiver?: string;
  matchers: string[];
  continue?: boolean;
  routes?: Route[];
}

const matcher = fc.oneof(
  fc.tuple(fc.constantFrom(...labels), fc.constantFrom("=", "!="), fc.constantFrom(...values)),
  fc.tuple(fc.constantFrom(...labels), fc.constantFrom("=~", "!~"), fc.constantFrom(...expressions)),
);
const matcherText = matcher.map(([label, operator, value]) => `${label}${operator}${JSON.stringify(value)}`);
const receivers = ["r0", "r1", "r2", "r3"];

const { route } = fc.letrec<{ route: Route }>((tie) => ({
  route: fc.record(
    {
      receiver: fc.constantFrom(...receivers),
      matchers: fc.array(matcherText, { maxLength: 2 }),
      continue: fc.boolean(),
      routes: fc.array(tie("route"), { maxLength: 3 }),
    },
    { requiredKeys: ["matchers"] },
  ),
}));

it("gives every alert to the receivers that amtool names", () => {
  fc.assert(
    fc.property(
      fc.array(route, { minLength: 1, maxLength: 4 }),
      fc.array(
        fc.dictionary(fc.constantFrom(...labels), fc.constantFrom(...values.filter(Boolean)), { minKeys: 1 }),
        {
          minLength: 3,
          maxLength: 3,
        },
      ),
      (routes, alerts) => {
        const config = {
          route: { receiver: "r0", routes },
          receivers: receivers.map((name) => ({ name })),
        };
        const tree = routeTree(config as never);
        for (const alert of alerts)
          expect(destinationsOf(tree, alert).map(({ receiver }) => receiver)).toEqual(
            receiversOf(stringify(config), alert),
          );
      },
    ),
    { numRuns: 60 },
  );
});
