/** The provider without its wire protocol: one instance serves one `pulumi:providers:kubernetes` resource at a time. */

import type { Host } from "./host.ts";
import { type Arguments, configure } from "./operations/configure.ts";
import type { Session } from "./session.ts";

/** Version of the npm SDK whose resources the provider serves. */
export const sdkVersion = "4.34.2";

/** State of the plugin between requests. */
export class Provider {
  host: Host;
  #cancel = new AbortController();
  #session: Session | undefined;

  constructor(host: Host) {
    this.host = host;
  }

  /** Takes arguments and looks for the cluster. */
  async configure(args: Arguments): Promise<void> {
    this.#closeConnections();
    if (this.#cancel.signal.aborted) {
      // A plugin that engines attach to outlives the operation that was cancelled.
      this.#cancel = new AbortController();
    }
    this.#session = await configure(args, this.host, this.#cancel.signal);
  }

  /**
   * What operations work with.
   *
   * @throws before {@link Provider.configure}
   */
  get session(): Session {
    if (this.#session === undefined) {
      throw new Error("the Kubernetes provider has not been configured");
    }
    return this.#session;
  }

  /** Ends all waiting; operations under way fail. */
  cancel(): void {
    this.#cancel.abort(new Error("cancelled by the engine"));
  }

  /** Closes connections. */
  close(): void {
    this.cancel();
    this.#closeConnections();
  }

  #closeConnections(): void {
    if (this.#session?.unreachable === undefined && this.#session !== undefined) {
      this.#session.connection.informers.close();
      this.#session.connection.client.close();
    }
  }
}
