/** A small platform as a snapshot, with one of everything that a report has something to say about. */

import { stringify } from "yaml";

import type { Json, JsonObject } from "../../../review/model/json.ts";
import { makeMask, type ResourceRecord, type Snapshot } from "../../../review/model/snapshot.ts";
import { urnOf } from "../../../review/run/aliases.ts";

const PROVIDER = urnOf({
  stack: "sample",
  project: "vllm-monitoring",
  parent: undefined,
  type: "pulumi:providers:kubernetes",
  name: "kubernetes",
});

export function record(
  type: string,
  name: string,
  inputs: JsonObject,
  rest: Partial<ResourceRecord> = {},
): ResourceRecord {
  const identity = { stack: "sample", project: "vllm-monitoring", parent: rest.parent, type, name };
  return {
    urn: urnOf(identity),
    type,
    name,
    parent: undefined,
    custom: !type.startsWith("vllm-monitoring:"),
    inputs,
    outputs: undefined,
    provider: type.startsWith("kubernetes:") ? PROVIDER : undefined,
    dependencies: [],
    aliases: [],
    protect: false,
    retainOnDelete: false,
    deleteBeforeReplace: false,
    ignoreChanges: [],
    replaceOnChanges: [],
    ...rest,
  };
}

/** A component and its children. */
export function component(
  type: string,
  name: string,
  children: (parent: { parent: string }) => ResourceRecord[],
  rest: Partial<ResourceRecord> = {},
): ResourceRecord[] {
  const own = record(`vllm-monitoring:index:${type}`, name, {}, rest);
  return [own, ...children({ parent: own.urn })];
}

export function object(
  apiVersion: string,
  kind: string,
  name: string,
  rest: JsonObject,
  options: Partial<ResourceRecord> = {},
  /** Null: for the whole cluster. */
  namespace: string | null = "vllm",
): ResourceRecord {
  const token = apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`;
  const metadata = { name, ...(namespace === null ? {} : { namespace }), labels: { app: name } };
  return record(`kubernetes:${token}:${kind}`, name, { apiVersion, kind, metadata, ...rest }, options);
}

function model(name: string, team: string, replicas: number): ResourceRecord[] {
  const labels = { app: name };
  return component("VllmDeployment", name, (parent) => [
    object(
      "apps/v1",
      "Deployment",
      name,
      {
        spec: {
          replicas,
          selector: { matchLabels: labels },
          template: {
            metadata: {
              labels,
              annotations: {
                "vllm-monitoring/team": team,
                "vllm-monitoring/owner": `${team}@example.com`,
                "vllm-monitoring/model": `org/${name}`,
              },
            },
            spec: {
              nodeSelector: { "nvidia.com/gpu.product": "NVIDIA-L4" },
              tolerations: [
                { key: "nvidia.com/gpu", operator: "Equal", value: "true", effect: "NoSchedule" },
              ],
              securityContext: { runAsNonRoot: true, runAsUser: 2000 },
              containers: [
                {
                  name: "vllm",
                  image: `vllm/vllm-openai:v0.33.0@sha256:${"a".repeat(64)}`,
                  args: [`org/${name}`, "--max-model-len", "8192", "--max-num-seqs", "64"],
                  env: [{ name: "HOME", value: "/home/vllm" }],
                  readinessProbe: { httpGet: { path: "/health", port: "http" } },
                  resources: { limits: { memory: "32Gi", "nvidia.com/gpu": "1" } },
                  securityContext: { allowPrivilegeEscalation: false, privileged: false },
                },
              ],
              volumes: [{ name: "cache", emptyDir: {} }],
            },
          },
        },
      },
      parent,
    ),
    object(
      "v1",
      "Service",
      name,
      { spec: { type: "ClusterIP", selector: labels, ports: [{ name: "http", port: 8000 }] } },
      parent,
    ),
    object(
      "networking.k8s.io/v1",
      "NetworkPolicy",
      name,
      {
        spec: {
          podSelector: { matchLabels: labels },
          policyTypes: ["Ingress"],
          ingress: [
            {
              from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } }],
              ports: [{ port: 8000, protocol: "TCP" }],
            },
          ],
        },
      },
      parent,
    ),
    object(
      "policy/v1",
      "PodDisruptionBudget",
      name,
      { spec: { maxUnavailable: 1, selector: { matchLabels: labels } } },
      parent,
    ),
    object(
      "monitoring.coreos.com/v1",
      "PodMonitor",
      name,
      { spec: { podMetricsEndpoints: [{ port: "http", interval: "15s" }] } },
      parent,
    ),
  ]);
}

/** A model that Ray Serve LLM serves, two GPUs in each of four pipeline stages. */
export function rayModel(scaling: { min_replicas: number; max_replicas: number }): ResourceRecord[] {
  const llm = {
    model_loading_config: { model_id: "org/chat" },
    engine_kwargs: { tensor_parallel_size: 2, pipeline_parallel_size: 4 },
    deployment_config: { autoscaling_config: scaling },
  };
  const template = {
    metadata: {
      annotations: { "vllm-monitoring/team": "chat", "vllm-monitoring/owner": "chat@example.com" },
    },
    spec: { nodeSelector: { "nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3" } },
  };
  return component("RayVllmService", "chat", (parent) => [
    object(
      "ray.io/v1",
      "RayService",
      "chat",
      {
        spec: {
          serveConfigV2: stringify({ applications: [{ name: "chat", args: { llm_configs: [llm] } }] }),
          rayClusterConfig: { workerGroupSpecs: [{ groupName: "gpu", template }] },
        },
      },
      parent,
    ),
  ]);
}

export const alertmanager = {
  route: {
    receiver: "oncall",
    group_by: ["alertname"],
    group_wait: "30s",
    group_interval: "5m",
    repeat_interval: "4h",
    routes: [
      { receiver: "pager", matchers: ['severity="critical"'], continue: true },
      { receiver: "search-chat", matchers: ['team="search"'] },
    ],
  },
  inhibit_rules: [
    {
      source_matchers: ['severity="critical"'],
      target_matchers: ['severity="warning"'],
      equal: ["alertname"],
    },
  ],
  receivers: [
    {
      name: "oncall",
      webhook_configs: [{ url: "http://bridge:8060/dingtalk/oncall/send", send_resolved: true }],
    },
    { name: "pager", pagerduty_configs: [{ routing_key_file: "/etc/alertmanager/secrets/key" }] },
    { name: "search-chat", slack_configs: [{ channel: "#search" }] },
  ],
};

export const rules = {
  waiting: {
    alert: "HighWaitingRequests",
    expr: 'sum by (namespace, model_name, team) (vllm:num_requests_waiting{model_name!=""}) > 100',
    for: "2m",
    labels: { severity: "warning" },
    annotations: { summary: "Requests wait." },
  },
  down: {
    alert: "ModelDown",
    expr: "model:up:sum == 0",
    labels: { severity: "critical" },
    annotations: { summary: "Down." },
  },
  up: { record: "model:up:sum", expr: "sum by (model_name, team) (up)" },
};

export function dashboard(): JsonObject {
  const panel = (id: number, title: string, expr: string): JsonObject => ({
    id,
    title,
    type: "timeseries",
    gridPos: { x: 0, y: id * 8, w: 12, h: 8 },
    fieldConfig: {
      defaults: {
        unit: "short",
        thresholds: {
          steps: [
            { color: "green", value: null },
            { color: "red", value: 100 },
          ],
        },
      },
    },
    targets: [{ expr, refId: "A" }],
  });
  return {
    uid: "fleet",
    title: "Fleet",
    refresh: "30s",
    templating: { list: [{ name: "model_name", query: "label_values(model_name)" }] },
    panels: [
      panel(1, "Waiting", "sum(vllm:num_requests_waiting)"),
      panel(2, "Running", "sum(vllm:num_requests_running)"),
      {
        id: 3,
        title: "Details",
        type: "row",
        collapsed: true,
        panels: [panel(4, "Cache", "avg(vllm:kv_cache_usage_perc)")],
      },
    ],
  };
}

function monitoring(): ResourceRecord[] {
  return [
    ...component("KubePrometheus", "monitoring", (parent) => [
      object(
        "monitoring.coreos.com/v1",
        "Prometheus",
        "monitoring",
        {
          spec: {
            image: "quay.io/prometheus/prometheus:v3.13.2",
            replicas: 2,
            retention: "15d",
            storage: { volumeClaimTemplate: { spec: { resources: { requests: { storage: "200Gi" } } } } },
          },
        },
        parent,
        "monitoring",
      ),
      object(
        "rbac.authorization.k8s.io/v1",
        "ClusterRole",
        "prometheus",
        {
          rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] }],
        },
        parent,
        null,
      ),
      object(
        "rbac.authorization.k8s.io/v1",
        "ClusterRoleBinding",
        "prometheus",
        {
          roleRef: { kind: "ClusterRole", name: "prometheus", apiGroup: "rbac.authorization.k8s.io" },
          subjects: [{ kind: "ServiceAccount", name: "prometheus", namespace: "monitoring" }],
        },
        parent,
        null,
      ),
    ]),
    ...component("AlertRules", "alerts", (parent) => [
      object(
        "monitoring.coreos.com/v1",
        "PrometheusRule",
        "alerts-vllm",
        {
          spec: { groups: [{ name: "vllm", rules: [rules.up, rules.waiting, rules.down] }] },
        },
        parent,
        "monitoring",
      ),
    ]),
    ...component(
      "AlertRoutes",
      "routes",
      (parent) => [
        object(
          "v1",
          "Secret",
          "routes-credentials",
          { stringData: { key: makeMask({ from: ["pagerdutyRoutingKey@0123456789"], digest: undefined }) } },
          parent,
          "monitoring",
        ),
      ],
      { outputs: { configuration: stringify(alertmanager) } },
    ),
    ...component("GrafanaDashboards", "dashboards", (parent) => [
      object(
        "v1",
        "ConfigMap",
        "dashboards-fleet",
        { data: { "fleet.json": JSON.stringify(dashboard()) } },
        parent,
        "monitoring",
      ),
    ]),
  ];
}

export const policy = {
  Version: "2012-10-17",
  Statement: [
    { Sid: "Read", Effect: "Allow", Action: ["s3:GetObject"], Resource: "arn:aws:s3:::models/*" },
    { Sid: "NoDelete", Effect: "Deny", Action: "s3:DeleteObject", Resource: "arn:aws:s3:::models/*" },
  ],
};

function cloud(): ResourceRecord[] {
  return component("GpuNodeGroup", "gpu", (parent) => [
    record(
      "aws:iam/role:Role",
      "gpu-role",
      {
        name: "gpu-role",
        assumeRolePolicy: JSON.stringify({
          Statement: [
            { Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "ec2.amazonaws.com" } },
          ],
        }),
      },
      parent,
    ),
    record(
      "aws:iam/rolePolicy:RolePolicy",
      "gpu-models",
      { role: "gpu-role", policy: JSON.stringify(policy) },
      parent,
    ),
    record(
      "aws:eks/nodeGroup:NodeGroup",
      "gpu-nodes",
      {
        instanceTypes: ["g6.12xlarge"],
        scalingConfig: { minSize: 1, maxSize: 4, desiredSize: 2 },
        taints: [{ key: "nvidia.com/gpu", value: "true", effect: "NO_SCHEDULE" }],
      },
      parent,
    ),
    record(
      "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
      "gpu-in",
      {
        securityGroupId: "sg-1",
        cidrIpv4: "10.0.0.0/8",
        fromPort: 443,
        toPort: 443,
        ipProtocol: "tcp",
      },
      parent,
    ),
    record("aws:s3/bucket:Bucket", "metrics", { bucket: "metrics" }, { ...parent, protect: true }),
    record("aws:sqs/queue:Queue", "interruptions", { name: "interruptions" }, parent),
  ]);
}

/** A platform of two models. Each call makes a new one, to be changed at will. */
export function sample(): Snapshot {
  return structuredClone<Snapshot>({
    environment: "sample",
    resources: [
      record("pulumi:providers:kubernetes", "kubernetes", {
        clusterIdentifier: "sample",
        enableConfigMapMutable: "true",
        enableSecretMutable: "true",
        kubeconfig: makeMask({ from: [], digest: "00" }),
      }),
      object("v1", "Namespace", "vllm", {}, {}, null),
      object("v1", "PersistentVolumeClaim", "weights", {
        spec: { accessModes: ["ReadWriteMany"], storageClassName: "efs" },
      }),
      ...model("llama", "chat", 2),
      ...model("bge", "search", 4),
      ...monitoring(),
      ...cloud(),
    ],
    secrets: { pagerdutyRoutingKey: { fingerprint: "0123456789" }, slackToken: { fingerprint: undefined } },
    nodeGroups: [
      {
        name: "gpu-l4",
        instanceType: "g6.12xlarge",
        gpu: { kind: "l4", count: 4 },
        minSize: 1,
        maxSize: 4,
        desiredSize: 2,
        taints: [{ key: "nvidia.com/gpu", value: "true", effect: "NoSchedule" }],
      },
      { name: "system", instanceType: "m7i.large", minSize: 2, maxSize: 3 },
    ],
    warnings: [],
    leaks: [],
  });
}

/** The only resource of that kind and name. */
export function pick(snapshot: Snapshot, kind: string, name: string): ResourceRecord {
  const found = snapshot.resources.filter(
    (resource) => resource.type.endsWith(`:${kind}`) && resource.name === name,
  );
  const [only] = found;
  if (only === undefined || found.length > 1)
    throw new Error(`${kind} ${name}: found ${String(found.length)}`);
  return only;
}

/** Sets the value at a path of the inputs; numbers are indexes, and undefined deletes. */
export function set(
  resource: { inputs: JsonObject },
  path: (string | number)[],
  value: Json | undefined,
): void {
  let target = resource.inputs as Record<string | number, Json>;
  for (const key of path.slice(0, -1)) {
    target[key] ??= {};
    target = target[key] as never;
  }
  const last = path.at(-1) ?? "";
  if (value === undefined && Array.isArray(target)) target.splice(Number(last), 1);
  else if (value === undefined) Reflect.deleteProperty(target, last);
  else target[last] = value;
}

/** Takes a resource out. */
export function remove(snapshot: Snapshot, kind: string, name: string): void {
  const gone = pick(snapshot, kind, name);
  snapshot.resources = snapshot.resources.filter((resource) => resource !== gone);
}

/** Changes the configuration of Alertmanager. */
export function changeRoutes(snapshot: Snapshot, change: (config: typeof alertmanager) => void): void {
  const config = structuredClone(alertmanager);
  change(config);
  pick(snapshot, "AlertRoutes", "routes").outputs = { configuration: stringify(config) };
}

/** Changes the dashboard. */
export function changeDashboard(
  snapshot: Snapshot,
  change: (model: ReturnType<typeof dashboard>) => void,
): void {
  const model = dashboard();
  change(model);
  set(pick(snapshot, "ConfigMap", "dashboards-fleet"), ["data", "fleet.json"], JSON.stringify(model));
}

/** Changes a rule by its index in the one group: the recording, HighWaitingRequests, ModelDown. */
export function changeRule(snapshot: Snapshot, index: number, field: string, value: Json | undefined): void {
  set(pick(snapshot, "PrometheusRule", "alerts-vllm"), ["spec", "groups", 0, "rules", index, field], value);
}
