import type { z } from "zod";
import { clusterSchema, environmentSchema } from "./cluster.ts";
import { gpuSoftwareSchema } from "./gpu-software.ts";
import { gatewaySchema } from "./gateway.ts";
import { fleetSchema } from "./model.ts";
import { monitoringSchema } from "./monitoring.ts";
import { nodeGroupsSchema } from "./node-groups.ts";
import { objectStoreSchema } from "./object-store.ts";
import { receiversSchema } from "./receivers.ts";
import { routesSchema } from "./routes.ts";
import { thanosSchema } from "./thanos.ts";
import { mapping } from "./types.ts";

/** Namespace of all configuration keys. */
export const NAMESPACE = "vllm-monitoring";

/**
 * Everything that describes one environment: the single source of the runtime check, of the static types and
 * of the JSON Schema that editors use. Each key is one key of `Pulumi.<environment>.yaml`, with the namespace.
 */
export const settingsSchema = mapping(
  {
    environment: environmentSchema,
    cluster: clusterSchema,
    monitoring: monitoringSchema,
    objectStore: objectStoreSchema.prefault({ kind: "none" }),
    thanos: thanosSchema.prefault({}),
    receivers: receiversSchema,
    routes: routesSchema,
    nodeGroups: nodeGroupsSchema,
    gpuSoftware: gpuSoftwareSchema.prefault({}),
    fleet: fleetSchema,
    gateway: gatewaySchema.optional(),
  },
  "Configuration of one environment.",
);

export type Settings = z.output<typeof settingsSchema>;
/** What a configuration file may hold, before defaults. */
export type SettingsInput = z.input<typeof settingsSchema>;
export type SettingsKey = keyof Settings;
export const settingsKeys = Object.keys(settingsSchema.shape) as SettingsKey[];
