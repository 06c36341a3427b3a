/** Delete: removes an object and waits until it is gone. */

import { defaultTimeoutSeconds, propagationPolicy, skipsAwait, timeoutSeconds } from "../annotations.ts";
import { waitUntilGone } from "../await/gone.ts";
import { NotReadyError } from "../await/not-ready.ts";
import { ApiError, isInvalid, isNotFound, UnknownKindError } from "../cluster/errors.ts";
import { isCustomResourceDefinition, isPatchResource } from "../kinds/group-version-kind.ts";
import { fieldManagerName } from "../naming.ts";
import type { Session } from "../session.ts";
import { checkpoint, fieldManagerOf, initialApiVersionOf, parseCheckpoint } from "../values/checkpoint.ts";
import { idOf, kindOf, parseId } from "../values/object.ts";
import type { JsonObject, PropertyMap } from "../values/property.ts";
import { PartialFailure } from "./partial-failure.ts";
import { relinquish } from "./update.ts";

/** A request of the engine. */
export interface DeleteRequest {
  readonly urn: string;
  readonly id: string;
  /** State of the resource. */
  readonly properties: PropertyMap;
  /** Seconds from the resource option `customTimeouts`, 0 if it isn't set. */
  readonly timeout: number;
}

/** Kinds whose deletion isn't waited for either if their annotation says not to wait. */
const skippable = /^(Namespace|Pod|ReplicationController|DaemonSet|Deployment|StatefulSet|Job)$/;

/**
 * Deletes an object. One that is gone already, or whose kind is, counts as deleted.
 *
 * @throws {@link PartialFailure} if it is still there when time is up
 */
export async function remove(session: Session, request: DeleteRequest): Promise<void> {
  const { inputs, live } = parseCheckpoint(request.properties);
  if (session.unreachable !== undefined) {
    removeUnreachable(session, request.urn, session.unreachable);
    return;
  }
  const { name } = parseId(request.id);
  let path: string;
  try {
    path = `${await session.connection.discovery.collectionPath(live)}/${name}`;
  } catch (error) {
    if (error instanceof UnknownKindError) {
      return;
    }
    throw error;
  }
  const fieldManager = fieldManagerName(inputs, fieldManagerOf(request.properties));
  if (isPatchResource(request.urn, kindOf(inputs))) {
    await removePatch(session, path, live, fieldManager);
    return;
  }
  let answer: JsonObject;
  try {
    answer = await session.connection.client.send({
      method: "DELETE",
      path,
      body: { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy: propagationPolicy(inputs) },
      signal: session.signal,
    });
  } catch (error) {
    if (isNotFound(error)) {
      return;
    }
    throw error;
  }
  // The answer is the object if it is still to be finalised, and a status if it is gone.
  const gone = answer["kind"] === "Status" && live["kind"] !== "Status";
  if (!gone && !(skipsAwait(inputs) && skippable.test(kindOf(inputs)))) {
    await awaitGone(session, request, path, { inputs, live, fieldManager });
  }
  if (isCustomResourceDefinition(live)) {
    session.connection.discovery.reset();
  }
}

interface Known {
  readonly inputs: JsonObject;
  readonly live: JsonObject;
  readonly fieldManager: string;
}

async function awaitGone(
  session: Session,
  { urn, properties, timeout }: DeleteRequest,
  path: string,
  { inputs, live, fieldManager }: Known,
): Promise<void> {
  try {
    const seconds = timeoutSeconds(inputs, timeout) ?? defaultTimeoutSeconds;
    await waitUntilGone(session, { urn, path, last: live, timeoutSeconds: seconds });
  } catch (error) {
    if (!(error instanceof NotReadyError)) {
      throw error;
    }
    const initialApiVersion = initialApiVersionOf(properties, inputs);
    throw new PartialFailure({
      id: idOf(error.object),
      message: error.message,
      cause: error,
      state: checkpoint({ inputs, live: error.object, secrets: properties, initialApiVersion, fieldManager }),
    });
  }
}

function removeUnreachable(session: Session, urn: string, reason: string): void {
  const { settings, host } = session;
  host.log("warning", urn, `configured Kubernetes cluster is unreachable: ${reason}`);
  if (!settings.deleteUnreachable) {
    throw new Error(
      "configured Kubernetes cluster is unreachable. If the cluster was deleted, you can remove this resource from " +
        "Pulumi state by rerunning the operation with the PULUMI_K8S_DELETE_UNREACHABLE environment variable set to " +
        `"true" (${reason})`,
    );
  }
  host.log(
    "info",
    urn,
    "configured Kubernetes cluster is unreachable and the `deleteUnreachable` option is enabled. Deleting the unreachable " +
      "resource from Pulumi state",
  );
}

async function removePatch(
  session: Session,
  path: string,
  live: JsonObject,
  fieldManager: string,
): Promise<void> {
  try {
    await relinquish(session, path, live, fieldManager);
  } catch (error) {
    if (isNotFound(error)) {
      return;
    }
    if (isInvalid(error) && error instanceof ApiError) {
      const cause = error.status.details?.causes?.find(({ reason }) => reason === "FieldValueRequired");
      if (cause !== undefined) {
        throw new Error(
          "this Patch resource is currently managing a required field, so it can't be deleted directly. Either set the " +
            `\`retainOnDelete\` resource option, or transfer ownership of the field before deleting: ${cause.field ?? ""}`,
          { cause: error },
        );
      }
    }
    throw error;
  }
}
