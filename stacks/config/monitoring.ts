import { z } from "zod";
import { expects } from "./messages.ts";
import {
  byteQuantity,
  cpuQuantity,
  dnsLabel,
  duration,
  imageReference,
  integer,
  labelKey,
  labelValue,
  mapping,
  metricLabelName,
  registryPrefix,
  retentionSize,
} from "./types.ts";

const resources = mapping(
  {
    cpu: cpuQuantity.optional().meta({ description: "CPU request, in cores." }),
    memory: byteQuantity
      .optional()
      .meta({ description: "Memory request and limit: a monitoring pod that is squeezed loses data." }),
  },
  "CPU and memory of one pod. Default: the component's own.",
);

const storage = mapping(
  {
    size: byteQuantity.meta({ description: "Size of each pod's volume." }),
    className: dnsLabel
      .optional()
      .meta({ description: "Storage class of the volumes. Default: the cluster's default class." }),
  },
  "Persistent volume of each pod. Without it the data live as long as the pod.",
);

const retention = mapping(
  {
    time: duration.default("15d").meta({ description: "How long Prometheus keeps samples." }),
    size: retentionSize.optional().meta({
      description: "Size of the samples on disk above which the oldest go. Must be less than the volume.",
    }),
  },
  "How long and how much Prometheus keeps locally; whichever is reached first.",
);

const prometheus = mapping(
  {
    replicas: integer(1, 5)
      .default(2)
      .meta({ description: "Prometheus replicas; each scrapes everything, so that one may fail." }),
    storage: storage.optional(),
    resources: resources.optional(),
  },
  "The Prometheus server.",
);

const alertmanager = mapping(
  {
    replicas: integer(1, 7)
      .default(3)
      .meta({ description: "Alertmanager replicas, which gossip with each other." }),
    retention: duration
      .default("5d")
      .meta({ description: "How long Alertmanager keeps silences and the record of what it sent." }),
    storage: storage.optional(),
    resources: resources.optional(),
  },
  "Alertmanager.",
);

const image = (what: string) => imageReference.optional().meta({ description: `Image of ${what}.` });

const images = mapping(
  {
    registry: registryPrefix.optional().meta({
      description: "Mirror that stands before every default image, such as registry.example.com/mirror.",
    }),
    operator: image("the Prometheus operator"),
    configReloader: image("the operator's config reloader"),
    prometheus: image("Prometheus"),
    alertmanager: image("Alertmanager"),
    dingtalkBridge: image("the DingTalk bridge. Required when a receiver is of the kind dingtalk"),
  },
  "Images that differ from the components' defaults.",
);

const grafana = mapping(
  {
    sidecarLabel: labelKey
      .default("grafana_dashboard")
      .meta({ description: "Label by which Grafana's sidecar finds dashboard ConfigMaps." }),
    sidecarLabelValue: labelValue.default("1").meta({ description: "Value of that label." }),
    folderAnnotation: labelKey
      .default("grafana_folder")
      .meta({ description: "Annotation from which the sidecar reads the folder." }),
    folder: z
      .string({ error: expects("a folder name") })
      .min(1, { error: expects("a folder name that is not empty") })
      .default("vLLM")
      .meta({ description: "Grafana folder of the dashboards." }),
  },
  "How dashboards reach Grafana.",
);

const externalLabels = z
  .record(metricLabelName, labelValue.min(1, { error: expects("a label value that is not empty") }), {
    error: expects("a mapping of Prometheus label names to values"),
  })
  .meta({
    description:
      "More labels on everything that leaves Prometheus. `cluster` and `environment` are always set.",
  });

export const monitoringSchema = mapping(
  {
    namespace: dnsLabel
      .default("monitoring")
      .meta({ description: "Namespace of the monitoring components." }),
    scrapeInterval: duration.default("15s").meta({ description: "How often every target is scraped." }),
    scrapeTimeout: duration
      .default("10s")
      .meta({ description: "After how long a scrape is given up; at most the scrape interval." }),
    evaluationInterval: duration.default("15s").meta({ description: "How often rules are evaluated." }),
    retention: retention.prefault({}),
    prometheus: prometheus.prefault({}),
    alertmanager: alertmanager.prefault({}),
    externalLabels: externalLabels.default({}),
    images: images.prefault({}),
    grafana: grafana.prefault({}),
  },
  "Prometheus, Alertmanager and the dashboards.",
);

export type MonitoringSettings = z.output<typeof monitoringSchema>;
