/** Structured logs: one JSON object a line on standard output. */
import type { Redactor } from "./secrets.ts";

export type LogFields = Readonly<Record<string, string | number | boolean | undefined | readonly string[]>>;

/** Writes log lines. */
export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** A log of JSON lines with `ts`, `level`, `msg` and the fields; every line goes through the redactor. */
export function createLog(redactor: Redactor, write: (line: string) => void): Log {
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}) => {
      const line = JSON.stringify({ ts: new Date().toISOString(), level, msg: message, ...fields });
      write(`${redactor.redact(line)}\n`);
    };
  return { info: at("info"), warn: at("warn"), error: at("error") };
}
