/** What an environment's file says besides the project's own settings: how secrets are encrypted, and configuration of others. */

import { canonical, compareText, type Json } from "../model/json.ts";
import { isEncryptedSetting, type Snapshot, type StackFile } from "../model/snapshot.ts";
import { arrow, code, value } from "../report/text.ts";

export interface StackFileChange {
  /** Markdown on one line. */
  text: string;
  /** Undefined where it is no risk. */
  level: "high" | "medium" | undefined;
}

/** Names of settings whose value is a credential, in any provider's namespace. */
const CREDENTIAL = /kubeconfig|token|secret|password|passwd|credential|access_?key|private_?key|api_?key/i;

/** Nothing of a file that is new: all of it is. But a credential in clear is told of any. */
export function diffStackFiles(base: Snapshot, head: Snapshot): StackFileChange[] {
  const [before, after] = [base.stackFile, head.stackFile];
  if (after === undefined) return [];
  const inClear = credentialsInClear(after).filter(
    (key) => before === undefined || !credentialsInClear(before).includes(key),
  );
  const changes =
    before === undefined
      ? []
      : [
          ...encryptionChanges(before, after),
          ...importChanges(before, after),
          ...otherChanges(before, after),
          ...unhidden(before, after),
        ];
  return [
    ...changes,
    ...inClear.map((key): StackFileChange => ({
      level: "high",
      text: `${code(key)} stands in clear in the environment's file: set it with ${code("pulumi config set --secret")}`,
    })),
  ];
}

function encryptionChanges(before: StackFile, after: StackFile): StackFileChange[] {
  if (before.secretsProvider !== after.secretsProvider)
    return [
      {
        level: "high",
        text: `the secrets provider changes: ${arrow(before.secretsProvider, after.secretsProvider)}; secrets of the file and of the state are read by the old one only (${code("pulumi stack change-secrets-provider")} moves them)`,
      },
    ];
  if (before.key === after.key) return [];
  return [
    {
      level: "medium",
      text: "the key that encrypts the secrets is another one: secrets that were not set anew can't be read",
    },
  ];
}

function importChanges(before: StackFile, after: StackFile): StackFileChange[] {
  if (canonical(before.imports) === canonical(after.imports)) return [];
  return [
    {
      level: "medium",
      text: `configuration from Pulumi ESC: ${arrow(before.imports, after.imports)}; what it holds is not known here`,
    },
  ];
}

function otherChanges(before: StackFile, after: StackFile): StackFileChange[] {
  const keys = [...new Set([...Object.keys(before.others), ...Object.keys(after.others)])].sort(compareText);
  return keys.flatMap((key): StackFileChange[] => {
    const [old, now] = [before.others[key], after.others[key]];
    if (old !== undefined && now !== undefined && canonical(old) === canonical(now)) return [];
    const shown = (setting: Json | undefined) => (CREDENTIAL.test(key) ? "[hidden]" : setting);
    const what =
      old === undefined
        ? `is new: ${value(shown(now))}`
        : now === undefined
          ? `is gone: ${value(shown(old))}`
          : CREDENTIAL.test(key)
            ? "changed"
            : arrow(old, now);
    return [{ level: undefined, text: `${code(key)} ${what}` }];
  });
}

/** Fields that named a secret and have their value in the file now. */
function unhidden(before: StackFile, after: StackFile): StackFileChange[] {
  return Object.entries(before.fromSecret)
    .filter(([path]) => after.fromSecret[path] === undefined && after.inClear.includes(path))
    .map(([path, key]) => ({
      level: "high",
      text: `${code(path)} stands in clear in the environment's file; before it came from the secret ${code(key)}`,
    }));
}

function credentialsInClear({ others }: StackFile): string[] {
  return Object.entries(others)
    .filter(([key, setting]) => CREDENTIAL.test(key) && !isEncryptedSetting(setting))
    .map(([key]) => key);
}
