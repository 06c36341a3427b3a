/** Create: makes an object, or in a preview asks the server what it would be. */

import { forcesPatch } from "../annotations.ts";
import {
  ApiError,
  isAlreadyExists,
  isConflict,
  isDryRunRefused,
  isForbidden,
  isInvalid,
  isNamespaceNotFound,
  isNotFound,
  messageOf,
  UnknownKindError,
} from "../cluster/errors.ts";
import { NotReadyError } from "../await/not-ready.ts";
import {
  formatKind,
  isCustomResourceDefinition,
  isPatchResource,
  kindOfObject,
} from "../kinds/group-version-kind.ts";
import { fieldManagerName } from "../naming.ts";
import type { Session } from "../session.ts";
import { checkpoint, toKubernetesObject } from "../values/checkpoint.ts";
import { apiVersionOf, idOf, kindOf, nameOf } from "../values/object.ts";
import { containsComputed, type JsonObject, type PropertyMap } from "../values/property.ts";
import { creationManager } from "./managed-fields.ts";
import { failed, PartialFailure } from "./partial-failure.ts";
import { awaitReady } from "./ready.ts";

/** A request of the engine. */
export interface CreateRequest {
  readonly urn: string;
  /** Checked inputs. */
  readonly properties: PropertyMap;
  /** Seconds from the resource option `customTimeouts`, 0 if it isn't set. */
  readonly timeout: number;
  readonly preview: boolean;
}

/** The answer. */
export interface CreateResult {
  /** "" in a preview. */
  readonly id: string;
  readonly state: PropertyMap;
}

/** Attempts after the first if the kind or the namespace isn't there yet; the pauses between them double from 1 s. */
const retries = 5;

/**
 * Creates an object and waits until it is ready.
 *
 * @throws {@link PartialFailure} if the object exists but isn't ready; another error, with the server's reason, if it
 * wasn't created
 */
export async function create(session: Session, request: CreateRequest): Promise<CreateResult> {
  const { urn, properties, preview } = request;
  const inputs = toKubernetesObject(properties);
  const upsert = session.settings.upsertExistingObjects || isPatchResource(urn, kindOf(inputs));
  if (preview) {
    session.warnUnreachable(urn);
  }
  if (preview && (await cannotPreview(session, urn, inputs))) {
    return { id: "", state: properties };
  }
  const fieldManager = fieldManagerName(inputs, undefined);
  let object: JsonObject;
  try {
    object = await send(session, { urn, inputs, fieldManager, upsert, preview });
  } catch (error) {
    if (preview && isPreviewLimit(error)) {
      return { id: "", state: properties };
    }
    throw explain(urn, inputs, error);
  }
  const stateOf = (live: JsonObject): PropertyMap =>
    checkpoint({ inputs, live, secrets: properties, initialApiVersion: apiVersionOf(inputs), fieldManager });
  if (preview) {
    delete object["status"];
    return { id: "", state: stateOf(object) };
  }
  if (isCustomResourceDefinition(object)) {
    session.connection.discovery.reset();
  }
  try {
    const live = await awaitReady(session, {
      urn,
      inputs,
      object,
      previous: undefined,
      timeout: request.timeout,
    });
    return { id: idOf(live), state: stateOf(live) };
  } catch (error) {
    throw new PartialFailure({
      id: idOf(object),
      message:
        `resource "${urn}" was successfully created, but the Kubernetes API server reported that it failed to fully ` +
        `initialize or become live: ${messageOf(error)}`,
      cause: error,
      state: stateOf(error instanceof NotReadyError ? error.object : object),
    });
  }
}

/** A dry run needs all values, a kind that is served, and a whole object. */
async function cannotPreview(session: Session, urn: string, inputs: JsonObject): Promise<boolean> {
  return (
    session.unreachable !== undefined ||
    containsComputed(inputs) ||
    isPatchResource(urn, kindOf(inputs)) ||
    !(await session.serves(kindOfObject(inputs)))
  );
}

/** Errors of a dry run that say nothing about the update: what is missing will be there, what is there will be gone. */
function isPreviewLimit(error: unknown): boolean {
  return (
    isForbidden(error) ||
    isDryRunRefused(error) ||
    isNamespaceNotFound(error) ||
    isAlreadyExists(error) ||
    (isInvalid(error) && messageOf(error).includes("field is immutable"))
  );
}

interface Submission {
  readonly urn: string;
  readonly inputs: JsonObject;
  readonly fieldManager: string;
  readonly upsert: boolean;
  readonly preview: boolean;
}

/** Sends the object, and again while its kind or its namespace is about to come. */
async function send(session: Session, submission: Submission): Promise<JsonObject> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await sendOnce(session, submission);
    } catch (error) {
      const comes = isNotFound(error) || error instanceof UnknownKindError;
      if (!comes || submission.preview || attempt >= retries || session.signal.aborted) {
        throw error;
      }
      const message = `Retry #${String(attempt)}; creation failed: ${messageOf(error)}`;
      session.host.status("info", submission.urn, message);
      await session.pause(1000 * 2 ** attempt);
    }
  }
}

async function sendOnce(session: Session, submission: Submission): Promise<JsonObject> {
  const { client, discovery } = session.connection;
  const { inputs, fieldManager, upsert, preview } = submission;
  const path = await discovery.collectionPath(inputs);
  const dryRun = preview ? "All" : undefined;
  const { signal } = session;
  if (!upsert) {
    const query = { dryRun, fieldManager: creationManager };
    return client.send({ method: "POST", path, query, body: inputs, signal });
  }
  const force = preview || session.settings.enablePatchForce || forcesPatch(inputs);
  return client.send({
    method: "PATCH",
    path: `${path}/${nameOf(inputs)}`,
    query: { dryRun, fieldManager, force: String(force), fieldValidation: "Warn" },
    body: inputs,
    contentType: "application/apply-patch+yaml",
    signal,
  });
}

const existsAdvice = `

The resource already exists in the cluster. This can happen when:

  - Renaming a Pulumi resource: use an alias to preserve the identity,
    or use deleteBeforeReplace if the resource needs replacement.
  - Managing an existing resource: use a Patch resource (e.g. NamespacePatch)
    to manage specific fields without owning the resource lifecycle.
  - Adopting a resource into Pulumi: use \`pulumi import\`.
  - Intentional upsert: set upsertExistingObjects on the provider to allow
    server-side apply to update existing objects on create.`;

function explain(urn: string, inputs: JsonObject, error: unknown): Error {
  if (error instanceof UnknownKindError) {
    return failed(
      `creation of resource "${urn}" with kind ${formatKind(kindOfObject(inputs))} failed because the Kubernetes API ` +
        "server reported that the apiVersion for this resource does not exist. Verify that any required CRDs have been created",
      error,
    );
  }
  const what = `resource "${urn}" was not successfully created by the Kubernetes API server`;
  if (isAlreadyExists(error)) {
    return failed(what, new Error(messageOf(error) + existsAdvice, { cause: error }));
  }
  return failed(what, isConflict(error) ? explainConflict(error, undefined) : error);
}

/** A conflict of field managers with what can be done about it. */
export function explainConflict(error: unknown, manager: string | undefined): unknown {
  if (!isConflict(error) || !(error instanceof ApiError)) {
    return error;
  }
  const whose = manager === undefined ? "The resource" : `The resource managed by field manager "${manager}"`;
  return new Error(
    "server-side apply field conflict detected: another manager set the fields named below; drop them from the program, " +
      'or take them over with the annotation "pulumi.com/patchForce"\n' +
      `${whose} had an apply conflict: ${error.message}`,
    { cause: error },
  );
}
