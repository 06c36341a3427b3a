import { expect, it } from "vitest";

import { ruleSets } from "../../../alerts/index.ts";
import { testAlert } from "../../support/promtool.ts";
import { only } from "../../support/rule-cases.ts";

it("Watchdog always fires", () => {
  const labels = { alertname: "Watchdog", severity: "none", component: "monitoring" };
  const { code, output } = testAlert(only(ruleSets, "Watchdog"), "Watchdog", [
    {
      name: "from the start, with no series at all",
      series: {},
      expect: { "0s": [{ labels }], "1h": [{ labels }] },
    },
  ]);
  expect(code, output).toBe(0);
});
