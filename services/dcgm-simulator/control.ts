/** What `POST /simulator/fault` asks for. */
import { faults, type Fault } from "./gpu.ts";

export interface FaultChange {
  readonly uuid: string;
  readonly fault: Fault;
  readonly xid: number | undefined;
}

const names = Object.keys(faults);

/**
 * Reads the body of a change.
 * @throws Error with one line that names the field, its value and what is expected
 */
export function parseFaultChange(text: string): FaultChange {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Error('the body is not JSON; send for example {"uuid":"GPU-…","fault":"xid","xid":79}');
  }
  const { uuid, fault, xid } = (body ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof uuid !== "string") throw new Error("uuid: missing; GET /simulator/gpus lists them");
  if (typeof fault !== "string" || !names.includes(fault))
    throw new Error(
      `fault: ${fault === undefined ? "missing" : JSON.stringify(fault)}; use one of ${names.join(", ")}`,
    );
  if (xid !== undefined && !(Number.isInteger(xid) && Number(xid) > 0 && Number(xid) < 1000))
    throw new Error(`xid: ${JSON.stringify(xid)} is not an integer from 1 to 999`);
  return { uuid, fault: fault as Fault, xid: xid as number | undefined };
}
