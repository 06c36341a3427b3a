import { z } from "zod";
import { GrafanaContactPointKind, GrafanaFolderRight } from "../../components/grafana/content-args.ts";
import { expects } from "./messages.ts";
import { remoteWriteSchema } from "./remote-write.ts";
import {
  absolutePath,
  byteQuantity,
  choice,
  cpuQuantity,
  dnsLabel,
  duration,
  flag,
  imageReference,
  integer,
  labelKey,
  labels,
  labelValue,
  list,
  mapping,
  metricLabelName,
  plainUrl,
  registryPrefix,
  retentionSize,
  secretKey,
  text,
  valuesOf,
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

const claim = mapping(
  {
    kind: z.literal("claim").meta({ description: "A persistent volume for each pod." }),
    size: byteQuantity.meta({ description: "Size of each pod's volume." }),
    className: dnsLabel
      .optional()
      .meta({ description: "Storage class of the volumes. Default: the cluster's default class." }),
  },
  "A persistent volume for each pod; the data outlive the pod.",
);

const ephemeral = mapping(
  {
    kind: z.literal("ephemeral").meta({ description: "A directory that goes with the pod." }),
    sizeLimit: byteQuantity.default("10Gi").meta({ description: "Most that a pod may store." }),
  },
  "A directory that goes with the pod. Only for environments whose data are worth nothing.",
);

const storage = (size: string) =>
  z
    .discriminatedUnion("kind", [claim, ephemeral])
    .prefault({ kind: "claim", size })
    .meta({ description: "Where each pod keeps its data." });

const apiServer = mapping(
  {
    host: plainUrl.meta({ description: "URL of the API server." }),
    tokenFile: absolutePath
      .optional()
      .meta({ description: "File of the bearer token, as the container sees it." }),
    caFile: absolutePath
      .optional()
      .meta({ description: "File of the CA certificate, as the container sees it." }),
  },
  "How Prometheus reaches the API server to find its targets. Default: as pods do, with their service account.",
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
    storage: storage("50Gi"),
    resources: resources.prefault({}),
    apiServer: apiServer.optional(),
    externalUrl: plainUrl
      .optional()
      .meta({ description: "Address at which people reach Prometheus; links in alerts start with it." }),
    remoteWrite: remoteWriteSchema.default([]).meta({
      description: "Places, such as Mimir, to which every sample is sent besides.",
    }),
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
    storage: storage("2Gi"),
    resources: resources.prefault({}),
    externalUrl: plainUrl
      .optional()
      .meta({ description: "Address at which people reach Alertmanager; links in messages start with it." }),
  },
  "Alertmanager.",
);

const image = (what: string) => imageReference.optional().meta({ description: `Image of ${what}.` });

const images = mapping(
  {
    registry: registryPrefix.optional().meta({
      description:
        "Registry of the default images that come from quay.io, such as registry.example.com/quay. Default: quay.io.",
    }),
    operator: image("the Prometheus operator"),
    configReloader: image("the operator's config reloader"),
    prometheus: image("Prometheus"),
    alertmanager: image("Alertmanager"),
    nodeExporter: image("node-exporter"),
    kubeStateMetrics: image("kube-state-metrics"),
    grafana: image("Grafana"),
    grafanaSidecar: image("the sidecar that brings Grafana its dashboards"),
    dingtalkBridge: image("the DingTalk bridge. Required when a receiver is of the kind dingtalk"),
  },
  "Images that differ from the components' defaults.",
);

const enabled = (what: string) => flag.default(true).meta({ description: `Whether ${what}.` });

const nodeExporter = mapping(
  {
    enabled: enabled("it runs on every node; false where another one does already"),
    hostNetwork: enabled("it is in the nodes' network; without, network devices are left out"),
  },
  "node-exporter: CPU, memory, disks and network of every node.",
);

const kubeStateMetrics = mapping(
  { enabled: enabled("it runs; false where another one does already") },
  "kube-state-metrics: pods, workloads and nodes as the API server knows them.",
);

const kubernetes = mapping(
  {
    kubelet: enabled("kubelets and their cAdvisor are scraped"),
    verifyKubelets: enabled(
      "the kubelets' certificates must be signed by the cluster's CA, as those of EKS, GKE and AKS are",
    ),
    apiServer: enabled("the API server is scraped"),
    coreDns: enabled("CoreDNS is scraped"),
  },
  "The cluster's own programs.",
);

const dingtalkBridge = mapping(
  {
    replicas: integer(1, 5)
      .default(2)
      .meta({ description: "Pods that take messages; they share the robots' rate." }),
    timezone: text(/^[A-Za-z]+(\/[\w+-]+)*$/, "an IANA time zone such as Asia/Shanghai")
      .default("UTC")
      .meta({ description: "IANA time zone of the times in messages." }),
  },
  "The bridge between Alertmanager and DingTalk. Runs when a receiver is of the kind dingtalk.",
);

const grafanaOidc = mapping(
  {
    name: text(/^\S(.*\S)?$/, "a name for the button")
      .default("SSO")
      .meta({ description: "Name on the button." }),
    clientId: text(/^\S+$/, "the client's identifier").meta({ description: "Identifier of the client." }),
    clientSecretFromSecret: secretKey.meta({
      description: "Name of the secret configuration key that holds the client's secret.",
    }),
    authUrl: plainUrl.meta({ description: "Address at which people log in." }),
    tokenUrl: plainUrl.meta({ description: "Address at which codes are exchanged for tokens." }),
    apiUrl: plainUrl.meta({ description: "Address of the user's claims." }),
    roleAttributePath: text(/\S/, "a JMESPath expression")
      .optional()
      .meta({ description: "JMESPath over the claims that gives the role. Default: everyone is a Viewer." }),
  },
  "Single sign-on by OpenID Connect.",
);

const grafanaServer = mapping(
  {
    seedFromSecret: secretKey.meta({
      description:
        "Name of the secret configuration key from which the admin's password and the key of stored credentials are derived; at least 32 characters, such as openssl rand -hex 32 gives.",
    }),
    externalUrl: plainUrl
      .optional()
      .meta({ description: "Address at which people reach Grafana. Default: its address in the cluster." }),
    ingressNamespaces: list(dnsLabel, "namespaces")
      .default([])
      .meta({ description: "Namespaces, such as an Ingress controller's, whose pods may reach Grafana." }),
    storage: storage("5Gi"),
    resources: resources.prefault({}),
    oidc: grafanaOidc.optional(),
  },
  "A Grafana of the stack's own. Default: none, because there is one already.",
);

/** Fields that only a sidecar reads, with what they are by default. */
export const SIDECAR_DEFAULTS = {
  sidecarLabel: "grafana_dashboard",
  sidecarLabelValue: "1",
  folderAnnotation: "grafana_folder",
} as const;

const sidecarDelivery = mapping(
  {
    kind: z.literal("sidecar").meta({ description: "ConfigMaps, which Grafana's sidecar finds by a label." }),
  },
  "ConfigMaps for Grafana's sidecar.",
);

const operatorDelivery = mapping(
  {
    kind: z
      .literal("operator")
      .meta({ description: "Objects of grafana-operator, which the cluster must have." }),
    instanceLabels: labels
      .refine((value) => Object.keys(value).length > 0, {
        error: expects("at least one label, since no label would mean every Grafana"),
      })
      .meta({ description: "Labels of the Grafana objects that get the dashboards; at least one." }),
    otherNamespaces: flag.default(false).meta({
      description: "Whether Grafanas of other namespaces than monitoring.namespace get them too.",
    }),
    resyncPeriod: duration
      .default("10m")
      .meta({ description: "How often a dashboard that somebody changed by hand is put back." }),
  },
  "Objects of grafana-operator.",
);

const withToken = plainUrl.refine((url) => url.startsWith("https:"), {
  error: expects("an address with https, since a token is sent to it"),
});

const contactPoint = mapping(
  {
    name: text(/^\S(.*\S)?$/, "a name", "name it").meta({ description: "Name in Grafana." }),
    kind: choice(valuesOf(GrafanaContactPointKind)).meta({ description: "What it is." }),
    addresses: list(text(/^[^\s@]+@[^\s@]+$/, "an e-mail address"), "e-mail addresses")
      .optional()
      .meta({ description: "Recipients, of kind email only." }),
    secretFromSecret: secretKey.optional().meta({
      description:
        "Name of the secret configuration key that holds the URL of the webhook or robot, or PagerDuty's integration key; of every other kind.",
    }),
  },
  "A contact point of Grafana's own alerts.",
);

const folderRight = mapping(
  {
    teamId: text(/^\d+$/, "the number of a team in Grafana", "write it in quotes").optional().meta({
      description: "Team, by its number. Either this or role.",
    }),
    role: choice(["Viewer", "Editor"]).optional().meta({ description: "Everybody with this role." }),
    right: choice(valuesOf(GrafanaFolderRight)).meta({ description: "What they may do." }),
  },
  "Rights of a team or a role on the folder.",
);

const apiDelivery = mapping(
  {
    kind: z
      .literal("api")
      .meta({ description: "Grafana's HTTP API, for Grafana Cloud or any other outside of the cluster." }),
    url: withToken.meta({ description: "Address of Grafana, with https." }),
    tokenFromSecret: secretKey.meta({
      description:
        "Name of the secret configuration key that holds the token of a service account with the role Editor.",
    }),
    dataSource: mapping(
      {
        url: plainUrl.meta({
          description: "Address of Prometheus, or of Thanos' query, as Grafana reaches it.",
        }),
        isThanos: flag
          .default(false)
          .meta({ description: "Whether that is Thanos, which has no rules to show." }),
        tokenFromSecret: secretKey.optional().meta({
          description:
            "Name of the secret configuration key that holds a bearer token. Default: none is sent.",
        }),
      },
      "Data source that is made in Grafana.",
    )
      .optional()
      .meta({ description: "Data source that is made in Grafana. Default: its own default one." }),
    contactPoints: list(contactPoint, "contact points")
      .default([])
      .meta({ description: "Where alerts that people make in Grafana may be sent. Default: none." }),
    rights: list(folderRight, "rights").optional().meta({
      description:
        "Who, besides administrators, may do what with the folder: who is not named may nothing. Default: viewers view, editors edit.",
    }),
  },
  "Grafana's HTTP API.",
);

const grafana = mapping(
  {
    server: grafanaServer.optional(),
    delivery: z
      .discriminatedUnion("kind", [sidecarDelivery, operatorDelivery, apiDelivery])
      .prefault({ kind: "sidecar" })
      .meta({ description: "How dashboards reach Grafana. Default: by its sidecar." }),
    sidecarLabel: labelKey
      .default(SIDECAR_DEFAULTS.sidecarLabel)
      .meta({ description: "Label by which Grafana's sidecar finds dashboard ConfigMaps." }),
    sidecarLabelValue: labelValue
      .default(SIDECAR_DEFAULTS.sidecarLabelValue)
      .meta({ description: "Value of that label." }),
    folderAnnotation: labelKey
      .default(SIDECAR_DEFAULTS.folderAnnotation)
      .meta({ description: "Annotation from which the sidecar reads the folder." }),
    folder: z
      .string({ error: expects("a folder name") })
      .min(1, { error: expects("a folder name that is not empty") })
      .default("vLLM")
      .meta({ description: "Grafana folder of the dashboards." }),
    refresh: text(/^([5-9]|[12]\d|30)s$/, "5s to 30s, in whole seconds")
      .default("15s")
      .meta({ description: "How often an open dashboard asks again, 5s to 30s." }),
  },
  "How dashboards reach Grafana, and whether the stack runs one.",
);

const externalLabels = z
  .record(metricLabelName, labelValue.min(1, { error: expects("a label value that is not empty") }), {
    error: expects("a mapping of Prometheus label names to values"),
  })
  .meta({
    description:
      "More labels on everything that leaves Prometheus. `cluster` and `environment` are always set.",
  });

const vllmVersion = text(
  /^\d+\.\d+(\.\d+)?$/,
  "a version such as 0.32.0",
  "write digits and dots, in quotes",
);

const vllmVersions = mapping(
  {
    oldest: vllmVersion.meta({ description: "Oldest version of vLLM that runs." }),
    newest: vllmVersion.meta({ description: "Newest version of vLLM that runs; at least the oldest." }),
  },
  "Versions of vLLM in the fleet. Rules on metrics that one of them lacks are left out. Default: the version that the metric catalogue was compared with.",
);

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
    clientNamespaces: list(dnsLabel, "namespaces")
      .default([])
      .meta({ description: "Namespaces, such as Grafana's, that may query Prometheus and Alertmanager." }),
    waitForAvailability: flag
      .default(true)
      .meta({ description: "Whether an update waits until Prometheus and Alertmanager are available." }),
    images: images.prefault({}),
    runbookBaseUrl: plainUrl.meta({
      description:
        "Address at which alerts/runbooks is published; links in alerts are this, the alert's name and .md.",
    }),
    dashboardBaseUrl: plainUrl.optional().meta({
      description:
        "Address at which people open Grafana; alerts link to their dashboards there. Default: no such links.",
    }),
    vllmVersions: vllmVersions.optional(),
    engineMetrics: choice(["all", "used"]).default("all").meta({
      description:
        "Which metrics of the engines are stored: all, or those that rules and dashboards read (about two thirds of the series).",
    }),
    dingtalkBridge: dingtalkBridge.prefault({}),
    nodeExporter: nodeExporter.prefault({}),
    kubeStateMetrics: kubeStateMetrics.prefault({}),
    kubernetes: kubernetes.prefault({}),
    grafana: grafana.prefault({}),
  },
  "Prometheus, Alertmanager and the dashboards.",
);

export type MonitoringSettings = z.output<typeof monitoringSchema>;
