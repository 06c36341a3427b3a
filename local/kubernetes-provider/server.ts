/** The engine's protocol: turns its gRPC messages into calls of the operations and their results into answers. */

import grpc from "@grpc/grpc-js";
import rpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import proto from "@pulumi/pulumi/proto/provider_pb.js";
import pluginProto from "@pulumi/pulumi/proto/plugin_pb.js";
import emptyProto from "google-protobuf/google/protobuf/empty_pb.js";
import structProto from "google-protobuf/google/protobuf/struct_pb.js";

import type { DiffKind } from "./diff/detailed-diff.ts";
import { EngineHost, type Host } from "./host.ts";
import type { Autonaming } from "./naming.ts";
import { check, unsupportedFeature } from "./operations/check.ts";
import { argumentsOf, checkConfig, diffConfig } from "./operations/configure.ts";
import { create } from "./operations/create.ts";
import { remove } from "./operations/delete.ts";
import { diff } from "./operations/diff.ts";
import { read } from "./operations/read.ts";
import { update } from "./operations/update.ts";
import { Provider, sdkVersion } from "./provider.ts";
import { serviceError } from "./server-errors.ts";
import { decodeProperties, encodeProperties, type PropertyMap } from "./values/property.ts";

/** A running server. */
export interface RunningServer {
  readonly port: number;
  stop(): Promise<void>;
}

type Struct = structProto.Struct;

function decode(struct: Struct | undefined): PropertyMap {
  return struct === undefined ? {} : decodeProperties(struct.toJavaScript());
}

function encode(properties: PropertyMap): Struct {
  const wire = encodeProperties(properties) as Record<string, structProto.JavaScriptValue>;
  return structProto.Struct.fromJavaScript(wire);
}

/** Answers a call with what the handler returns, or with the error that it throws. */
function unary<Request, Response>(
  handler: (request: Request) => Response | Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    Promise.resolve()
      .then(() => handler(call.request))
      .then(
        (response) => {
          callback(null, response);
        },
        (error: unknown) => {
          callback(serviceError(error));
        },
      );
  };
}

function refuse(message: string): grpc.ServiceError {
  return Object.assign(new Error(message), {
    code: grpc.status.UNIMPLEMENTED,
    details: message,
    metadata: new grpc.Metadata(),
  });
}

const diffKinds: Readonly<Record<DiffKind, proto.PropertyDiff.Kind>> = {
  add: proto.PropertyDiff.Kind.ADD,
  "add-replace": proto.PropertyDiff.Kind.ADD_REPLACE,
  delete: proto.PropertyDiff.Kind.DELETE,
  "delete-replace": proto.PropertyDiff.Kind.DELETE_REPLACE,
  update: proto.PropertyDiff.Kind.UPDATE,
  "update-replace": proto.PropertyDiff.Kind.UPDATE_REPLACE,
};

function failure(property: string, reason: string): proto.CheckFailure {
  return new proto.CheckFailure().setProperty(property).setReason(reason);
}

function autonamingOf(request: proto.CheckRequest): Autonaming | undefined {
  const options = request.getAutonaming();
  if (options === undefined) {
    return undefined;
  }
  const { DISABLE, ENFORCE } = proto.CheckRequest.AutonamingOptions.Mode;
  const mode =
    options.getMode() === DISABLE ? "disable" : options.getMode() === ENFORCE ? "enforce" : "propose";
  return { mode, proposedName: options.getProposedName() };
}

function handlers(provider: Provider, attach: (address: string) => void): grpc.UntypedServiceImplementation {
  const { DIFF_NONE, DIFF_SOME } = proto.DiffResponse.DiffChanges;
  const changes = (changed: boolean): proto.DiffResponse.DiffChanges => (changed ? DIFF_SOME : DIFF_NONE);
  const implementation = {
    getPluginInfo: unary(() => new pluginProto.PluginInfo().setVersion(sdkVersion)),
    getSchema: unary(() =>
      new proto.GetSchemaResponse().setSchema(JSON.stringify({ name: "kubernetes", version: sdkVersion })),
    ),
    attach: unary((request: pluginProto.PluginAttach) => {
      attach(request.getAddress());
      return new emptyProto.Empty();
    }),
    cancel: unary(() => {
      provider.cancel();
      return new emptyProto.Empty();
    }),
    checkConfig: unary((request: proto.CheckRequest) => {
      const failures = checkConfig(decode(request.getNews()));
      return new proto.CheckResponse()
        .setInputs(request.getNews())
        .setFailuresList(failures.map(({ property, reason }) => failure(property, reason)));
    }),
    diffConfig: unary((request: proto.DiffRequest) => {
      const result = diffConfig(decode(request.getOlds()), decode(request.getNews()));
      return new proto.DiffResponse()
        .setChanges(changes(result.changed))
        .setDiffsList([...result.diffs])
        .setReplacesList([...result.replaces]);
    }),
    configure: unary(async (request: proto.ConfigureRequest) => {
      const variables: [string, string][] = [];
      request.getVariablesMap().forEach((value: string, key: string) => variables.push([key, value]));
      await provider.configure(argumentsOf(variables));
      return new proto.ConfigureResponse()
        .setAcceptsecrets(true)
        .setSupportspreview(true)
        .setSupportsAutonamingConfiguration(true);
    }),
    invoke: unary((request: proto.InvokeRequest): proto.InvokeResponse => {
      const token = request.getTok();
      throw new Error(unsupportedFeature(token) ?? `unknown function "${token}"`);
    }),
    construct: unary((request: proto.ConstructRequest): proto.ConstructResponse => {
      const token = request.getType();
      throw new Error(unsupportedFeature(token) ?? `unknown component type "${token}"`);
    }),
    check: unary(async (request: proto.CheckRequest) => {
      const inputs = await check(provider.session, {
        urn: request.getUrn(),
        news: decode(request.getNews()),
        olds: decode(request.getOlds()),
        randomSeed: request.getRandomseed_asU8(),
        autonaming: autonamingOf(request),
      });
      return new proto.CheckResponse().setInputs(encode(inputs));
    }),
    diff: unary(async (request: proto.DiffRequest) => {
      const result = await diff(provider.session, {
        urn: request.getUrn(),
        olds: decode(request.getOlds()),
        news: decode(request.getNews()),
        ignoreChanges: request.getIgnorechangesList(),
      });
      const response = new proto.DiffResponse()
        .setChanges(changes(result.changed))
        .setReplacesList([...result.replaces])
        .setDeletebeforereplace(result.deleteBeforeReplace)
        .setHasdetaileddiff(true);
      for (const [key, { kind, inputDiff }] of result.detailedDiff) {
        response
          .getDetaileddiffMap()
          .set(key, new proto.PropertyDiff().setKind(diffKinds[kind]).setInputdiff(inputDiff));
      }
      return response;
    }),
    create: unary(async (request: proto.CreateRequest) => {
      const result = await create(provider.session, {
        urn: request.getUrn(),
        properties: decode(request.getProperties()),
        timeout: request.getTimeout(),
        preview: request.getPreview(),
      });
      return new proto.CreateResponse().setId(result.id).setProperties(encode(result.state));
    }),
    read: unary(async (request: proto.ReadRequest) => {
      const result = await read(provider.session, {
        urn: request.getUrn(),
        id: request.getId(),
        properties: decode(request.getProperties()),
        inputs: decode(request.getInputs()),
      });
      return result === undefined
        ? new proto.ReadResponse()
        : new proto.ReadResponse()
            .setId(result.id)
            .setProperties(encode(result.state))
            .setInputs(encode(result.inputs));
    }),
    update: unary(async (request: proto.UpdateRequest) => {
      const state = await update(provider.session, {
        urn: request.getUrn(),
        olds: decode(request.getOlds()),
        news: decode(request.getNews()),
        timeout: request.getTimeout(),
        ignoreChanges: request.getIgnorechangesList(),
        preview: request.getPreview(),
      });
      return new proto.UpdateResponse().setProperties(encode(state));
    }),
    delete: unary(async (request: proto.DeleteRequest) => {
      await remove(provider.session, {
        urn: request.getUrn(),
        id: request.getId(),
        properties: decode(request.getProperties()),
        timeout: request.getTimeout(),
      });
      return new emptyProto.Empty();
    }),
    getMapping: unary(() => new proto.GetMappingResponse()),
    getMappings: unary(() => new proto.GetMappingsResponse()),
    list: (call: grpc.ServerWritableStream<proto.ListRequest, proto.ListResponse>) => {
      call.emit("error", refuse("listing resources needs the official Kubernetes provider"));
    },
  };
  for (const method of ["handshake", "parameterize", "call"]) {
    Object.assign(implementation, {
      [method]: (_call: unknown, callback: grpc.sendUnaryData<unknown>) => {
        callback(refuse(`${method} is not implemented by the local Kubernetes provider`));
      },
    });
  }
  return implementation;
}

/**
 * Starts serving on a loopback port.
 *
 * @param host where messages go until an engine attaches
 * @param port 0 for any free one
 */
export async function startServer(host: Host, port = 0): Promise<RunningServer> {
  const unlimited = 400 * 1024 * 1024;
  const server = new grpc.Server({
    "grpc.max_receive_message_length": unlimited,
    "grpc.max_send_message_length": unlimited,
  });
  const provider = new Provider(host);
  server.addService(
    rpc.ResourceProviderService,
    handlers(provider, (address) => {
      provider.host = new EngineHost(address);
    }),
  );
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(
      `127.0.0.1:${String(port)}`,
      grpc.ServerCredentials.createInsecure(),
      (error, actual) => {
        if (error === null) {
          resolve(actual);
        } else {
          reject(error);
        }
      },
    );
  });
  return {
    port: bound,
    stop: () =>
      new Promise((resolve) => {
        provider.close();
        server.forceShutdown();
        resolve();
      }),
  };
}
