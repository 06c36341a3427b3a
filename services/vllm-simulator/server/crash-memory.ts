import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

/**
 * Remembers across a restart that the process has crashed on purpose, so that the restarted one is steady: a file that
 * the crash writes and the next start removes.
 */
export class CrashMemory {
  readonly #file: string;

  /** @param directory where to keep it; the system's temporary directory by default. */
  constructor(directory: string | undefined, host: string | undefined, port: number) {
    const name = `${(host ?? "any").replace(/[^\w.]/g, "_")}-${String(port)}`;
    this.#file = path.join(directory ?? path.join(os.tmpdir(), "vllm-simulator"), `${name}.crashed`);
  }

  remember(): void {
    mkdirSync(path.dirname(this.#file), { recursive: true });
    writeFileSync(this.#file, "");
  }

  /** Whether the last end was a crash on purpose; forgets it. */
  recall(): boolean {
    try {
      rmSync(this.#file);
      return true;
    } catch {
      return false;
    }
  }
}
