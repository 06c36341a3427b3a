/** Settings of what runs on every GPU node. */
import type { z } from "zod";
import { NvidiaMigStrategy } from "../../components/gpu/mig.ts";
import { choice, duration, flag, imageReference, mapping, valuesOf } from "./types.ts";

const install = (what: string) =>
  flag.default(true).meta({ description: `Install ${what}. False where it is there already.` });

export const gpuSoftwareSchema = mapping(
  {
    devicePlugin: mapping(
      {
        install: install("the plugin"),
        image: imageReference.optional().meta({ description: "Default: the component's own." }),
        migStrategy: choice(valuesOf(NvidiaMigStrategy))
          .default(NvidiaMigStrategy.None)
          .meta({ description: "How partitioned GPUs are offered." }),
      },
      "NVIDIA device plugin, which offers GPUs to pods. It leaves out nodes that bring one.",
    ).prefault({}),
    dcgmExporter: mapping(
      {
        install: install("the exporter"),
        image: imageReference.optional().meta({ description: "Default: the component's own." }),
        profiling: flag
          .default(true)
          .meta({ description: "Collect the profiling counters, which need the capability SYS_ADMIN." }),
        eventWindow: duration
          .default("5m")
          .meta({ description: "Sliding window of the XID and clock event counts." }),
      },
      "DCGM exporter: GPU metrics with the pods that hold the GPUs.",
    ).prefault({}),
  },
  "What runs on every GPU node. Default: device plugin and DCGM exporter.",
);

export type GpuSoftwareSettings = z.output<typeof gpuSoftwareSchema>;
