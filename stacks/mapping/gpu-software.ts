import type { DcgmExporterArgs } from "../../components/dcgm/args.ts";
import type { NvidiaDevicePluginArgs } from "../../components/nvidia-device-plugin.ts";
import type { Settings } from "../config/settings.ts";
import { given } from "./fields.ts";
import { hasGpus } from "./node-groups.ts";

/** Arguments of the device plugin; undefined where none is installed. */
export function devicePluginArgs({ gpuSoftware, nodeGroups }: Settings): NvidiaDevicePluginArgs | undefined {
  const { install, image, migStrategy } = gpuSoftware.devicePlugin;
  if (!install || !nodeGroups.some(hasGpus)) return undefined;
  return { migStrategy, ...given("image", image) };
}

/** Arguments of the DCGM exporter; undefined where none is installed. */
export function dcgmExporterArgs(settings: Settings): DcgmExporterArgs | undefined {
  const { gpuSoftware, nodeGroups, monitoring } = settings;
  const { install, image, profiling, eventWindow } = gpuSoftware.dcgmExporter;
  if (!install || !nodeGroups.some(hasGpus)) return undefined;
  return {
    interval: monitoring.scrapeInterval,
    scrapeTimeout: monitoring.scrapeTimeout,
    monitoringNamespace: monitoring.namespace,
    profiling,
    eventWindow,
    ...given("image", image),
  };
}
