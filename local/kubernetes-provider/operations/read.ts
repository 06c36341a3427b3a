/** Read: the present state of an object, for a refresh, an import or a lookup. */

import { skipsAwait } from "../annotations.ts";
import { readinessRule } from "../await/rules.ts";
import { requireReady } from "../await/judge-now.ts";
import { NotReadyError } from "../await/not-ready.ts";
import { UnknownKindError } from "../cluster/errors.ts";
import { prune } from "../diff/prune.ts";
import {
  formatApiVersion,
  isBuiltInGroup,
  kindOfObject,
  parseToken,
  typeOfUrn,
} from "../kinds/group-version-kind.ts";
import { normalizeInputs } from "../kinds/normalize.ts";
import { fieldManagerName } from "../naming.ts";
import type { Session } from "../session.ts";
import {
  annotateSecrets,
  checkpoint,
  fieldManagerOf,
  initialApiVersionOf,
  parseCheckpoint,
  toKubernetesObject,
} from "../values/checkpoint.ts";
import {
  apiVersionOf,
  idOf,
  kindOf,
  nameOf,
  namespaceOf,
  parseId,
  setName,
  setNamespace,
} from "../values/object.ts";
import { cloneJson, type JsonObject, type PropertyMap, removeAt } from "../values/property.ts";
import { PartialFailure } from "./partial-failure.ts";

/** A request of the engine. */
export interface ReadRequest {
  readonly urn: string;
  readonly id: string;
  /** State of the resource; empty for an import. */
  readonly properties: PropertyMap;
  /** Inputs of the last update; empty for an import. */
  readonly inputs: PropertyMap;
}

/** The answer; undefined stands for an object that is gone. */
export interface ReadResult {
  readonly id: string;
  readonly state: PropertyMap;
  readonly inputs: PropertyMap;
}

/**
 * Reads an object.
 *
 * @throws {@link PartialFailure} if it exists but isn't ready; another error if the cluster can't be reached
 */
export async function read(session: Session, request: ReadRequest): Promise<ReadResult | undefined> {
  const { urn, id, properties } = request;
  if (session.unreachable !== undefined) {
    return readUnreachable(session, request, session.unreachable);
  }
  const { namespace, name } = parseId(id);
  if (name === "") {
    throw new Error(
      `failed to read resource because of a failure to parse resource name from request ID: ${id}`,
    );
  }
  const inputs = normalizeInputs(toKubernetesObject(request.inputs));
  const { live: oldLive } = parseCheckpoint(properties);
  let importing = false;
  if (apiVersionOf(inputs) === "" && kindOf(inputs) === "") {
    importing = apiVersionOf(oldLive) === "" && kindOf(oldLive) === "";
    const kind = importing ? parseToken(typeOfUrn(urn)) : kindOfObject(oldLive);
    inputs["apiVersion"] = formatApiVersion(kind);
    // Built-in kinds that end so are the SDK's patch resources.
    inputs["kind"] = importing && isBuiltInGroup(kind.group) ? kind.kind.replace(/Patch$/, "") : kind.kind;
    if (nameOf(inputs) === "") {
      setName(inputs, name);
    }
    if (namespaceOf(inputs) === "") {
      setNamespace(inputs, namespace);
    }
  }
  const live = await fetchLive(session, inputs, name);
  if (live === undefined) {
    return undefined;
  }
  const fieldManager = fieldManagerName(inputs, fieldManagerOf(properties));
  const liveInputs = importing ? importedInputs(live, inputs) : prune(live, inputs);
  const state = checkpoint({
    inputs: liveInputs,
    live,
    secrets: request.inputs,
    initialApiVersion: initialApiVersionOf(properties, inputs),
    fieldManager,
  });
  const liveInputProperties: PropertyMap = cloneJson(liveInputs);
  annotateSecrets(liveInputProperties, request.inputs);
  const result: ReadResult = { id: id === "" ? idOf(live) : id, state, inputs: liveInputProperties };
  await requireReadyUnless(session, importing || skipsAwait(inputs), live, result);
  return result;
}

function readUnreachable(session: Session, request: ReadRequest, reason: string): ReadResult | undefined {
  const { settings, host } = session;
  const message = `configured Kubernetes cluster is unreachable: ${reason}`;
  host.log("warning", request.urn, message);
  if (settings.deleteUnreachable) {
    host.log(
      "info",
      request.urn,
      "configured Kubernetes cluster is unreachable and the `deleteUnreachable` option is enabled. Deleting the " +
        "unreachable resource from Pulumi state",
    );
    return undefined;
  }
  if (settings.skipUpdateUnreachable) {
    return { id: request.id, state: request.properties, inputs: request.inputs };
  }
  throw new Error(
    "failed to read resource state due to unreachable cluster. If the cluster was deleted, you can remove this resource " +
      'from Pulumi state by rerunning the operation with the PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"' +
      ` (${reason})`,
  );
}

/** The object, or undefined if it or its kind is gone. */
async function fetchLive(
  session: Session,
  inputs: JsonObject,
  name: string,
): Promise<JsonObject | undefined> {
  try {
    const path = await session.connection.discovery.collectionPath(inputs);
    return await session.get(`${path}/${name}`);
  } catch (error) {
    if (error instanceof UnknownKindError) {
      return undefined;
    }
    throw error;
  }
}

/** Inputs that would make an object: all of a built-in one but what the server writes. */
function importedInputs(live: JsonObject, identity: JsonObject): JsonObject {
  if (!isBuiltInGroup(kindOfObject(live).group)) {
    return prune(live, identity);
  }
  const inputs = cloneJson(live);
  delete inputs["status"];
  for (const key of ["creationTimestamp", "generation", "managedFields", "resourceVersion", "uid"]) {
    removeAt(inputs, "metadata", key);
  }
  removeAt(inputs, "metadata", "annotations", "deployment.kubernetes.io/revision");
  removeAt(inputs, "metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration");
  return inputs;
}

async function requireReadyUnless(
  session: Session,
  skip: boolean,
  live: JsonObject,
  result: ReadResult,
): Promise<void> {
  const rule = readinessRule(kindOfObject(live));
  if (skip || rule?.onRead !== true) {
    return;
  }
  try {
    await requireReady(session, rule, live);
  } catch (error) {
    if (error instanceof NotReadyError) {
      throw new PartialFailure({ ...result, message: error.message, cause: error });
    }
    throw error;
  }
}
