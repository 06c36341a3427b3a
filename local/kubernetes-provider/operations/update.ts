/** Update: applies changed inputs to an object, or in a preview asks the server what that would make of it. */

import { forcesPatch } from "../annotations.ts";
import { isForbidden, messageOf, UnknownKindError } from "../cluster/errors.ts";
import { NotReadyError } from "../await/not-ready.ts";
import { isCustomResourceDefinition, isPatchResource, kindOfObject } from "../kinds/group-version-kind.ts";
import { normalizeInputs } from "../kinds/normalize.ts";
import { fieldManagerName } from "../naming.ts";
import type { Session } from "../session.ts";
import {
  checkpoint,
  fieldManagerOf,
  initialApiVersionOf,
  parseCheckpoint,
  toKubernetesObject,
} from "../values/checkpoint.ts";
import { apiVersionOf, idOf, kindOf, nameOf, namespaceOf, resourceVersionOf } from "../values/object.ts";
import { cloneJson, containsComputed, type JsonObject, type PropertyMap } from "../values/property.ts";
import { explainConflict } from "./create.ts";
import { isManagedByUpdates, keepIgnored, lacksManagers, takeOverPatch } from "./managed-fields.ts";
import { failed, PartialFailure } from "./partial-failure.ts";
import { awaitReady } from "./ready.ts";

/** A request of the engine. */
export interface UpdateRequest {
  readonly urn: string;
  /** State of the resource. */
  readonly olds: PropertyMap;
  /** Checked inputs. */
  readonly news: PropertyMap;
  /** Seconds from the resource option `customTimeouts`, 0 if it isn't set. */
  readonly timeout: number;
  readonly ignoreChanges: readonly string[];
  readonly preview: boolean;
}

/**
 * Updates an object, waits until it is ready and returns its state.
 *
 * @throws {@link PartialFailure} with the object's present state if the update was refused or the object isn't ready;
 * another error if the object is gone or can't be read
 */
export async function update(session: Session, request: UpdateRequest): Promise<PropertyMap> {
  const { urn, news, olds, preview } = request;
  const inputs = normalizeInputs(toKubernetesObject(news));
  if (preview) {
    session.warnUnreachable(urn);
  }
  if (preview && (containsComputed(inputs) || !(await session.serves(kindOfObject(inputs))))) {
    return news;
  }
  const { inputs: oldInputs, live: oldLive } = parseCheckpoint(olds);
  const oldManager = fieldManagerName(oldInputs, fieldManagerOf(olds));
  const manager = fieldManagerName(inputs, fieldManagerOf(olds));
  const stateOf = (live: JsonObject): PropertyMap => {
    const initialApiVersion = initialApiVersionOf(olds, oldInputs);
    return checkpoint({ inputs, live, secrets: news, initialApiVersion, fieldManager: manager });
  };
  const path = await pathOf(session, urn, inputs, nameOf(oldLive));
  try {
    const live = await apply(session, { request, inputs: cloneJson(inputs), manager, path });
    if (!preview && oldManager !== manager) {
      await relinquish(session, path, live, oldManager);
    }
    return stateOf(live);
  } catch (error) {
    if (preview && isForbidden(error)) {
      return news;
    }
    const current = error instanceof NotReadyError ? error.object : await session.get(path);
    if (current === undefined) {
      throw failed(`update of resource "${urn}" failed`, error);
    }
    throw new PartialFailure({
      id: idOf(current),
      message:
        `the Kubernetes API server reported that "${idOf(current)}" failed to fully initialize or become live: ` +
        messageOf(error),
      cause: error,
      state: stateOf(current),
    });
  }
}

async function pathOf(session: Session, urn: string, inputs: JsonObject, name: string): Promise<string> {
  try {
    return `${await session.connection.discovery.collectionPath(inputs)}/${name}`;
  } catch (error) {
    if (error instanceof UnknownKindError) {
      throw failed(
        `update of resource "${urn}" failed because the Kubernetes API server reported that the apiVersion for this ` +
          "resource does not exist. Verify that any required CRDs have been created",
        error,
      );
    }
    throw error;
  }
}

interface Application {
  readonly request: UpdateRequest;
  /** Changed on the way. */
  readonly inputs: JsonObject;
  readonly manager: string;
  readonly path: string;
}

async function apply(session: Session, application: Application): Promise<JsonObject> {
  const { request, inputs, manager, path } = application;
  const { client } = session.connection;
  const previous = await client.send({ method: "GET", path, signal: session.signal });
  const dryRun = request.preview ? "All" : undefined;
  let object: JsonObject;
  if (isCustomResourceDefinition(inputs)) {
    // A definition is replaced as a whole: merging versions and schemas leaves remains of the old ones.
    const body = cloneJson(inputs);
    body["metadata"] = { ...(body["metadata"] as JsonObject), resourceVersion: resourceVersionOf(previous) };
    const query = { dryRun, fieldManager: manager };
    object = await client.send({ method: "PUT", path, query, body, signal: session.signal });
    session.connection.discovery.reset();
  } else {
    object = await serverSideApply(session, application, previous);
  }
  if (request.preview) {
    return object;
  }
  return awaitReady(session, { urn: request.urn, inputs, object, previous, timeout: request.timeout });
}

async function serverSideApply(
  session: Session,
  { request, inputs, manager, path }: Application,
  previous: JsonObject,
): Promise<JsonObject> {
  const { client } = session.connection;
  let live = previous;
  const takeOver = takeOverPatch(previous, manager);
  if (takeOver !== undefined && !request.preview && !isPatchResource(request.urn, kindOf(inputs))) {
    live = await client.send({
      method: "PATCH",
      path,
      body: takeOver,
      contentType: "application/json-patch+json",
      signal: session.signal,
    });
  }
  keepIgnored(inputs, live, manager, request.ignoreChanges);
  const force =
    forcesPatch(inputs) ||
    session.settings.enablePatchForce ||
    lacksManagers(live) ||
    // A dry run can't take fields over first.
    (request.preview && isManagedByUpdates(live));
  try {
    return await client.send({
      method: "PATCH",
      path,
      query: { dryRun: request.preview ? "All" : undefined, fieldManager: manager, force: String(force) },
      body: inputs,
      contentType: "application/apply-patch+yaml",
      signal: session.signal,
    });
  } catch (error) {
    throw explainConflict(error, manager);
  }
}

/** Gives up all fields that a manager has, by applying nothing but the object's identity. */
export async function relinquish(
  session: Session,
  path: string,
  object: JsonObject,
  manager: string,
): Promise<void> {
  const namespace = namespaceOf(object);
  await session.connection.client.send({
    method: "PATCH",
    path,
    query: { fieldManager: manager },
    contentType: "application/apply-patch+yaml",
    body: {
      apiVersion: apiVersionOf(object),
      kind: kindOf(object),
      metadata: { name: nameOf(object), ...(namespace === "" ? {} : { namespace }) },
    },
    signal: session.signal,
  });
}
