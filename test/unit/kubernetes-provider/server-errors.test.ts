import proto from "@pulumi/pulumi/proto/provider_pb.js";
import statusProto from "@pulumi/pulumi/proto/status_pb.js";
import { describe, expect, it } from "vitest";

import { NotReadyError } from "../../../local/kubernetes-provider/await/not-ready.ts";
import { PartialFailure } from "../../../local/kubernetes-provider/operations/partial-failure.ts";
import { serviceError } from "../../../local/kubernetes-provider/server-errors.ts";
import { Secret } from "../../../local/kubernetes-provider/values/property.ts";

describe("serviceError", () => {
  it("carries the state of a resource that exists but isn't ready", () => {
    const cause = new NotReadyError("too late", {}, ["no pods"]);
    const state = { data: new Secret("x"), list: [1] };
    const error = serviceError(new PartialFailure({ id: "n/a", message: "not ready", cause, state }));
    expect(error.details).toBe("not ready");
    const [bytes] = error.metadata.get("grpc-status-details-bin") as [Buffer];
    const [detail] = statusProto.Status.deserializeBinary(bytes).getDetailsList();
    expect(detail?.getTypeName()).toBe("pulumirpc.ErrorResourceInitFailed");
    const failure = proto.ErrorResourceInitFailed.deserializeBinary(
      detail?.getValue_asU8() ?? new Uint8Array(),
    );
    expect(failure.getId()).toBe("n/a");
    expect(failure.getReasonsList()).toEqual(["not ready", "no pods"]);
    expect(failure.getProperties()?.toJavaScript()).toMatchObject({ data: { value: "x" }, list: [1] });
  });

  it("carries nothing but the message of any other error", () => {
    const error = serviceError(new Error("refused"));
    expect(error.details).toBe("refused");
    expect(error.metadata.getMap()).toEqual({});
  });
});
