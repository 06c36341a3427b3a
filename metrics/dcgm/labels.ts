/**
 * Labels of a GPU's series. `pod`, `namespace` and `container` name the pod that holds the GPU and are absent on an idle one.
 * `GPU_I_PROFILE` and `GPU_I_ID` exist under MIG only. `gpu` is an index that repeats on every node: key on `UUID`.
 */
export const gpuLabels = [
  "gpu",
  "UUID",
  "pci_bus_id",
  "device",
  "modelName",
  "GPU_I_PROFILE",
  "GPU_I_ID",
  "Hostname",
  "hostname",
  "DCGM_FI_DRIVER_VERSION",
  "container",
  "namespace",
  "pod",
] as const;

/** `Hostname` becomes `hostname` with the first release after 4.5.3; the target label `node` is there with both. */
export const gpuLabelVersions = {
  Hostname: { until: "4.6.0" },
  hostname: { since: "4.6.0" },
} as const;
