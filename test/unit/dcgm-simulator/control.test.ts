import { expect, it } from "vitest";

import { parseFaultChange } from "../../../services/dcgm-simulator/control.ts";

it("a change of fault is read", () => {
  expect(parseFaultChange('{"uuid":"GPU-a","fault":"xid","xid":31}')).toEqual({
    uuid: "GPU-a",
    fault: "xid",
    xid: 31,
  });
});

it.each([
  ["no", /not JSON/],
  ["null", /uuid: missing/],
  ['{"uuid":"GPU-a"}', /fault: missing; use one of healthy/],
  ['{"uuid":"GPU-a","fault":"melt"}', /fault: "melt"; use one of healthy/],
  ['{"uuid":"GPU-a","fault":"xid","xid":0}', /xid: 0 is not an integer from 1/],
])("%s is refused with a remedy", (text, message) => {
  expect(() => parseFaultChange(text)).toThrow(message);
});
