/** Messages to the engine, which shows them beside the resource that they are about. */

import engineRpc from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineProto from "@pulumi/pulumi/proto/engine_pb.js";
import grpc from "@grpc/grpc-js";

export type Severity = "debug" | "info" | "warning" | "error";

/** Where messages go. */
export interface Host {
  /** Adds a line to the messages of a resource. */
  log(severity: Severity, urn: string, message: string): void;
  /** Replaces the resource's status, which is gone once the resource is done; "" clears it. */
  status(severity: Severity, urn: string, message: string): void;
}

/** A host that drops all messages. */
export const silentHost: Host = { log: () => undefined, status: () => undefined };

/** The engine at an address such as `127.0.0.1:40123`. */
export class EngineHost implements Host {
  readonly #client: InstanceType<typeof engineRpc.EngineClient>;

  constructor(address: string) {
    this.#client = new engineRpc.EngineClient(address, grpc.credentials.createInsecure(), {
      "grpc.max_send_message_length": 64 * 1024 * 1024,
    });
  }

  log(severity: Severity, urn: string, message: string): void {
    this.#send(severity, urn, message, false);
  }

  status(severity: Severity, urn: string, message: string): void {
    this.#send(severity, urn, message, true);
  }

  /** Resolves to whether the engine answers within the given time. */
  isAlive(milliseconds: number): Promise<boolean> {
    return new Promise((resolve) => {
      this.#client.waitForReady(Date.now() + milliseconds, (error) => {
        resolve(error === undefined);
      });
    });
  }

  close(): void {
    this.#client.close();
  }

  #send(severity: Severity, urn: string, message: string, ephemeral: boolean): void {
    const severities = engineProto.LogSeverity;
    const request = new engineProto.LogRequest();
    request.setSeverity(
      {
        debug: severities.DEBUG,
        info: severities.INFO,
        warning: severities.WARNING,
        error: severities.ERROR,
      }[severity],
    );
    request.setUrn(urn);
    request.setMessage(message);
    request.setEphemeral(ephemeral);
    // A message that doesn't arrive must not fail the operation that it is about.
    this.#client.log(request, () => undefined);
  }
}
