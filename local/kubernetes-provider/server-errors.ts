/** Errors in the engine's protocol. */

import grpc from "@grpc/grpc-js";
import proto from "@pulumi/pulumi/proto/provider_pb.js";
import statusProto from "@pulumi/pulumi/proto/status_pb.js";
import anyProto from "google-protobuf/google/protobuf/any_pb.js";
import structProto from "google-protobuf/google/protobuf/struct_pb.js";

import { messageOf } from "./cluster/errors.ts";
import { PartialFailure } from "./operations/partial-failure.ts";
import { encodeProperties, type PropertyMap } from "./values/property.ts";

function encode(properties: PropertyMap): structProto.Struct {
  return structProto.Struct.fromJavaScript(
    encodeProperties(properties) as Record<string, structProto.JavaScriptValue>,
  );
}

/** An error as gRPC sends it. A partial failure carries the resource's state, so that the engine keeps it. */
export function serviceError(error: unknown): grpc.ServiceError {
  const message = messageOf(error);
  const metadata = new grpc.Metadata();
  if (error instanceof PartialFailure) {
    const detail = new proto.ErrorResourceInitFailed()
      .setId(error.id)
      .setProperties(encode(error.state))
      .setReasonsList([...error.reasons]);
    if (error.inputs !== undefined) {
      detail.setInputs(encode(error.inputs));
    }
    const any = new anyProto.Any();
    any.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const status = new statusProto.Status().setCode(grpc.status.UNKNOWN).setMessage(message);
    status.addDetails(any);
    metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  }
  return Object.assign(new Error(message), { code: grpc.status.UNKNOWN, details: message, metadata });
}
