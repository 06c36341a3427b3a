/** One planted change of each kind, and what the report says of it. */

import { expect, it } from "vitest";

import { makeMask, type Snapshot } from "../../../review/model/snapshot.ts";
import { reportOn } from "./reporting.ts";
import {
  changeDashboard,
  changeRoutes,
  changeRule,
  component,
  object,
  pick,
  policy,
  rayModel,
  record,
  remove,
  rules,
  sample,
  set,
} from "./sample.ts";

interface Plant {
  plant: (head: Snapshot) => void;
  /** Every one has to be in the report. */
  says: (string | RegExp)[];
  /** None may be. */
  saysNot?: (string | RegExp)[];
}

const pod = ["spec", "template", "spec"];
const container = [...pod, "containers", 0];
const high = "**High:** ";
const medium = "**Medium:** ";

const plants: Record<string, Plant> = {
  // Fleet
  "more replicas": {
    plant: (head) => {
      set(pick(head, "Deployment", "llama"), ["spec", "replicas"], 3);
    },
    says: [
      "replicas: 6 → 7 (+1)",
      "GPUs: 6 → 7 (+1)",
      "`vllm/llama`: replicas `2` → `3`",
      "- changed `Deployment llama`",
    ],
    saysNot: ["fewer replicas"],
  },
  "fewer replicas": {
    plant: (head) => {
      set(pick(head, "Deployment", "bge"), ["spec", "replicas"], 1);
    },
    says: [`${medium}\`Deployment bge\`: fewer replicas: 4 → 1`, "GPUs: 6 → 3 (−3)"],
  },
  "no replicas": {
    plant: (head) => {
      set(pick(head, "Deployment", "bge"), ["spec", "replicas"], 0);
    },
    says: [`${high}\`Deployment bge\`: fewer replicas: 4 → 0`],
  },
  "more GPUs for each replica": {
    plant: (head) => {
      set(pick(head, "Deployment", "llama"), [...container, "resources", "limits", "nvidia.com/gpu"], "2");
    },
    says: ["GPUs per replica `1` → `2`", "GPUs: 6 → 8 (+2)"],
  },
  "another GPU": {
    plant: (head) => {
      set(
        pick(head, "Deployment", "llama"),
        [...pod, "nodeSelector", "nvidia.com/gpu.product"],
        "NVIDIA-L40S",
      );
    },
    says: ["GPU `NVIDIA-L4` → `NVIDIA-L40S`"],
  },
  "an autoscaler": {
    plant: (head) => {
      const spec = { scaleTargetRef: { name: "llama" }, minReplicaCount: 2, maxReplicaCount: 6 };
      head.resources.push(object("keda.sh/v1alpha1", "ScaledObject", "llama", { spec }));
    },
    says: ["`vllm/llama`: replicas `2` → `2 to 6 replicas, autoscaled`", "replicas: 6", "GPUs: 6"],
  },
  "a model under Ray": {
    plant: (head) => {
      head.resources.push(...rayModel({ min_replicas: 2, max_replicas: 5 }));
    },
    says: [
      "**new model** `vllm/chat`: 2 to 5 replicas, autoscaled × 8 GPUs `NVIDIA-H100-80GB-HBM3` = 16 GPUs",
      "GPUs: 6 → 22 (+16)",
      "replicas: 6 → 8 (+2)",
    ],
  },
  "a model that goes": {
    plant: (head) => {
      const urn = pick(head, "VllmDeployment", "bge").urn;
      head.resources = head.resources.filter((resource) => resource.urn !== urn && resource.parent !== urn);
    },
    says: [
      `${high}1 model no longer served: \`vllm/bge\``,
      "**model gone** `vllm/bge`",
      "VllmDeployment bge: 5 deleted",
      "- **deleted** `Deployment bge`",
    ],
  },
  "a node group that shrinks": {
    plant: (head) => {
      head.nodeGroups[0] = { ...head.nodeGroups[0], desiredSize: 1, maxSize: 2 };
    },
    says: [
      "node group `gpu-l4`",
      "`maxSize`: `4` → `2`",
      `${medium}Fewer nodes at most in \`gpu-l4\`: 4 → 2`,
      "nodes at their desired size per month: $5,986 → $3,066",
    ],
  },
  "a taint": {
    plant: (head) => {
      head.nodeGroups[0] = {
        ...head.nodeGroups[0],
        taints: [{ key: "nvidia.com/gpu", value: "true", effect: "NoExecute" }],
      };
    },
    says: ["`taints[nvidia.com/gpu].effect`: `NoSchedule` → `NoExecute`"],
  },
  "a node group with a price of its own": {
    plant: (head) => {
      head.nodeGroups[0] = { ...head.nodeGroups[0], hourlyPrice: 2 };
    },
    says: ["`hourlyPrice`", "nodes at their desired size per month: $5,986 → $3,066"],
  },
  "a node group without a price": {
    plant: (head) => {
      head.nodeGroups.push({ name: "gpu-h100", instanceType: "p5.48xlarge", minSize: 1, maxSize: 2 });
    },
    says: ["**new node group** `gpu-h100`", "no price for `p5.48xlarge` in `stacks/node-prices.yaml`"],
  },
  // Workloads
  "an image": {
    plant: (head) => {
      set(
        pick(head, "Deployment", "llama"),
        [...container, "image"],
        `vllm/vllm-openai:v0.34.0@sha256:${"b".repeat(64)}`,
      );
    },
    says: ["### Images", "v0.34.0", "`Deployment llama`"],
    saysNot: ["**Medium:** Image"],
  },
  "an image that goes back": {
    plant: (head) => {
      set(pick(head, "Prometheus", "monitoring"), ["spec", "image"], "quay.io/prometheus/prometheus:v3.9.0");
    },
    says: [
      `${medium}Image: an older version`,
      "`quay.io/prometheus/prometheus:v3.13.2` → `quay.io/prometheus/prometheus:v3.9.0`",
    ],
  },
  "an image without a digest": {
    plant: (head) => {
      set(pick(head, "Deployment", "llama"), [...container, "image"], "vllm/vllm-openai:v0.33.0");
    },
    says: [`${medium}Image: no longer pinned by digest`],
  },
  "another content under the same tag": {
    plant: (head) => {
      set(
        pick(head, "Deployment", "llama"),
        [...container, "image"],
        `vllm/vllm-openai:v0.33.0@sha256:${"c".repeat(64)}`,
      );
    },
    says: [`${medium}Image: the same tag with another content`],
  },
  "an argument": {
    plant: (head) => {
      set(pick(head, "Deployment", "llama"), [...container, "args", 2], "16384");
    },
    says: ["`spec.template.spec.containers[vllm].args.--max-model-len`: `8192` → `16384`"],
  },
  "an environment variable": {
    plant: (head) => {
      set(pick(head, "Deployment", "llama"), [...container, "env", 1], {
        name: "VLLM_LOGGING_LEVEL",
        value: "DEBUG",
      });
    },
    says: ["`spec.template.spec.containers[vllm].env[VLLM_LOGGING_LEVEL]`: added"],
  },
  "a label": {
    plant: (head) => {
      set(pick(head, "Service", "llama"), ["metadata", "labels", "cost-centre"], "42");
    },
    says: ["- changed `Service llama`", "`metadata.labels.cost-centre`: added `42`"],
  },
  "a selector, which replaces": {
    plant: (head) => {
      set(pick(head, "Deployment", "llama"), ["spec", "selector", "matchLabels", "app"], "other");
    },
    says: [
      `${medium}Replaced: \`Deployment llama\`, forced by \`spec.selector.matchLabels.app\``,
      "the old one is deleted before the new one is there",
      "- **replaced** `Deployment llama`",
    ],
  },
  "a role reference, which replaces": {
    plant: (head) => {
      set(pick(head, "ClusterRoleBinding", "prometheus"), ["roleRef", "name"], "cluster-admin");
    },
    says: [
      "forced by `roleRef.name`",
      `${high}More rights for \`ClusterRoleBinding prometheus\``,
      "grants nearly everything",
    ],
  },
  "a stateful thing that is replaced": {
    plant: (head) => {
      set(pick(head, "PersistentVolumeClaim", "weights"), ["spec", "storageClassName"], "gp3");
    },
    says: [
      `${high}Replaced: \`PersistentVolumeClaim weights\`, forced by \`spec.storageClassName\``,
      "with the old one goes the data",
    ],
  },
  "a stateful thing that is deleted": {
    plant: (head) => {
      remove(head, "Bucket", "metrics");
    },
    says: [`${high}Deleted: \`Bucket metrics\`; with it goes every object in it`],
  },
  "an instance type, which replaces": {
    plant: (head) => {
      set(pick(head, "NodeGroup", "gpu-nodes"), ["instanceTypes", 0], "g6e.12xlarge");
    },
    says: [`${high}Replaced: \`NodeGroup gpu-nodes\`, forced by \`instanceTypes\``, "all its nodes"],
  },
  "a change of a type that is not known": {
    plant: (head) => {
      set(pick(head, "Queue", "interruptions"), ["name"], "other");
    },
    says: ["**To know:** May be replaced: `Queue interruptions`"],
  },
  "another cluster": {
    plant: (head) => {
      set(pick(head, "kubernetes", "kubernetes"), ["clusterIdentifier"], "other");
    },
    says: [
      `${high}Replaced: \`Provider kubernetes\`, forced by \`clusterIdentifier\`; every resource that it made is replaced with it`,
      "- **replaced** `Deployment llama`, forced by `provider`",
    ],
  },
  "a child with another name": {
    plant: (head) => {
      const budget = pick(head, "PodDisruptionBudget", "llama");
      Object.assign(
        budget,
        object(
          "policy/v1",
          "PodDisruptionBudget",
          "llama-budget",
          { spec: budget.inputs["spec"] ?? {} },
          { parent: budget.parent },
        ),
      );
    },
    says: [
      "- **deleted** `PodDisruptionBudget llama`",
      "- created `PodDisruptionBudget llama-budget`",
      "drains of nodes may stop every replica at once",
    ],
  },
  "a child with another name and an alias": {
    plant: (head) => {
      const budget = pick(head, "PodDisruptionBudget", "llama");
      const urn = budget.urn;
      Object.assign(
        budget,
        record(budget.type, "llama-budget", budget.inputs, { parent: budget.parent, aliases: [urn] }),
      );
    },
    says: ["1 resource renamed without a change, thanks to aliases"],
    saysNot: ["deleted** `PodDisruptionBudget", "created `PodDisruptionBudget"],
  },
  "a monitor that goes": {
    plant: (head) => {
      remove(head, "PodMonitor", "llama");
    },
    says: [`${medium}\`PodMonitor llama\`: deleted: its targets are no longer scraped`],
  },
  "a probe that goes": {
    plant: (head) => {
      set(pick(head, "Deployment", "llama"), [...container, "readinessProbe"], undefined);
    },
    says: [`${medium}\`Deployment llama\`: a container has no readinessProbe any more`],
  },
  "shorter retention": {
    plant: (head) => {
      set(pick(head, "Prometheus", "monitoring"), ["spec", "retention"], "2d");
    },
    says: [`${medium}\`Prometheus monitoring\`: shorter retention: 15d → 2d`],
  },
  "storage that goes": {
    plant: (head) => {
      set(pick(head, "Prometheus", "monitoring"), ["spec", "storage"], { emptyDir: {} });
    },
    says: [`${high}\`Prometheus monitoring\`: no persistent storage any more`],
  },
  "a privileged container": {
    plant: (head) => {
      set(pick(head, "Deployment", "llama"), [...container, "securityContext", "privileged"], true);
    },
    says: [`${high}\`Deployment llama\`: a privileged container`],
  },
  "a directory of the node": {
    plant: (head) => {
      set(pick(head, "Deployment", "llama"), [...pod, "volumes", 1], {
        name: "host",
        hostPath: { path: "/etc" },
      });
    },
    says: [`${high}\`Deployment llama\`: pods mount /etc of the node`],
  },
  "protection that is lifted": {
    plant: (head) => {
      pick(head, "Bucket", "metrics").protect = false;
    },
    says: [`${medium}No longer protected against deletion: \`Bucket metrics\``],
  },
  // Rules
  "a threshold": {
    plant: (head) => {
      changeRule(head, 1, "expr", rules.waiting.expr.replace("100", "250"));
    },
    says: ["alert `HighWaitingRequests` (warning)", "threshold: `100` → `250`"],
  },
  "an expression": {
    plant: (head) => {
      changeRule(head, 1, "expr", rules.waiting.expr.replace("waiting{", "running{"));
    },
    says: ["expression: `", "num_requests_running"],
  },
  "an expression that is only written differently": {
    plant: (head) => {
      changeRule(head, 1, "expr", rules.waiting.expr.replace(" > ", "\n  > "));
    },
    says: ["written differently, the meaning is the same"],
  },
  "how long an alert waits": {
    plant: (head) => {
      changeRule(head, 1, "for", "10m");
    },
    says: ["  - for: `2m` → `10m`"],
  },
  "a severity": {
    plant: (head) => {
      changeRule(head, 2, "labels", { severity: "warning" });
    },
    says: [
      `${high}Alert \`ModelDown\` is less severe: critical → warning`,
      "severity: `critical` → `warning`",
      "`pager` no longer gets `ModelDown`",
    ],
  },
  "an annotation": {
    plant: (head) => {
      changeRule(head, 2, "annotations", { summary: "It is down." });
    },
    says: ["annotation summary: `Down.` → `It is down.`"],
  },
  "a label of a rule": {
    plant: (head) => {
      changeRule(head, 2, "labels", { severity: "critical", team: "search" });
    },
    says: ["label team: `none` → `search`", "`pager` → `pager, search-chat`"],
  },
  "an alert that goes": {
    plant: (head) => {
      set(pick(head, "PrometheusRule", "alerts-vllm"), ["spec", "groups", 0, "rules", 2], undefined);
    },
    says: [`${high}Lost alert: \`ModelDown\` (critical)`, "**gone:** alert `ModelDown`"],
  },
  "a recording that goes but is used": {
    plant: (head) => {
      set(pick(head, "PrometheusRule", "alerts-vllm"), ["spec", "groups", 0, "rules", 0], undefined);
    },
    says: [`${high}Recording rule \`model:up:sum\` is gone, but \`ModelDown\` still reads it`],
  },
  "a new alert": {
    plant: (head) => {
      set(pick(head, "PrometheusRule", "alerts-vllm"), ["spec", "groups", 0, "rules", 3], {
        alert: "SlowTokens",
        expr: "sum by (team) (rate(slow[5m])) > 1",
        for: "5m",
        labels: { severity: "warning" },
      });
    },
    says: ["**new:** alert `SlowTokens` (warning)", "for `5m`", "team=search: `search-chat`"],
  },
  // Routes
  "a route that goes": {
    plant: (head) => {
      changeRoutes(head, ({ route }) => {
        route.routes.pop();
      });
    },
    says: [
      "`search-chat` → `oncall`: `HighWaitingRequests` (warning) for `team=search`",
      "`search-chat` no longer gets `HighWaitingRequests`",
    ],
  },
  "a rhythm": {
    plant: (head) => {
      changeRoutes(head, ({ route }) => {
        route.repeat_interval = "12h";
      });
    },
    says: ["repeat `4h` → `12h`"],
  },
  "a receiver that reaches nobody any more": {
    plant: (head) => {
      changeRoutes(head, ({ receivers }) => {
        receivers[0] = { name: "oncall", webhook_configs: [] };
      });
    },
    says: [`${high}Lost receiver: \`oncall\` reaches nobody any more`],
  },
  "a receiver that goes": {
    plant: (head) => {
      changeRoutes(head, ({ receivers, route }) => {
        receivers.pop();
        route.routes.pop();
      });
    },
    says: [`${high}Lost receiver: \`search-chat\` is gone`, "receiver `search-chat`: gone"],
  },
  "a receiver's address": {
    plant: (head) => {
      changeRoutes(head, ({ receivers }) => {
        receivers[2] = { name: "search-chat", slack_configs: [{ channel: "#elsewhere" }] };
      });
    },
    says: ["receiver `search-chat`: changed", "`#search` → `#elsewhere`"],
  },
  "alerts that nobody gets any more": {
    plant: (head) => {
      changeRoutes(head, (config) => {
        config.route.receiver = "nobody";
        config.receivers.push({ name: "nobody" } as never);
      });
    },
    says: [`${high}Lost receivers: nobody gets \`HighWaitingRequests\` any more`],
  },
  "an inhibition": {
    plant: (head) => {
      changeRoutes(head, (config) => {
        config.inhibit_rules[0] = {
          source_matchers: ['severity="critical"'],
          target_matchers: ['severity="warning"'],
          equal: ["cluster"],
        };
      });
    },
    says: [`${medium}More alerts are muted`, "where cluster are equal", "**inhibition gone:**"],
  },
  // Dashboards
  "a panel that comes": {
    plant: (head) => {
      changeDashboard(head, (model) => {
        (model["panels"] as object[]).push({
          id: 9,
          title: "Errors",
          type: "stat",
          targets: [{ expr: "sum(errors)" }],
        });
      });
    },
    says: ["`Fleet` (`fleet`)", "panel `Errors`: added"],
    saysNot: ["ConfigMap dashboards-fleet`\n  - `data"],
  },
  "a panel that goes": {
    plant: (head) => {
      changeDashboard(head, (model) => {
        (model["panels"] as object[]).splice(1, 1);
      });
    },
    says: ["panel `Running`: removed"],
  },
  "a panel's query": {
    plant: (head) => {
      changeDashboard(head, (model) => {
        Object.assign((model["panels"] as object[])[0] ?? {}, {
          targets: [{ expr: "max(vllm:num_requests_waiting)" }],
        });
      });
    },
    says: [
      "panel `Waiting`: changed",
      "queries: `sum(vllm:num_requests_waiting)` → `max(vllm:num_requests_waiting)`",
    ],
  },
  "a panel that moves": {
    plant: (head) => {
      changeDashboard(head, (model) => {
        Object.assign((model["panels"] as object[])[0] ?? {}, { gridPos: { x: 12, y: 0, w: 12, h: 8 } });
      });
    },
    says: ["panel `Waiting`: moved"],
  },
  "a variable": {
    plant: (head) => {
      changeDashboard(head, (model) => {
        model["templating"] = { list: [{ name: "model_name", query: "label_values(up, model_name)" }] };
      });
    },
    says: ["variable model\\_name: `label_values(model_name)` → `label_values(up, model_name)`"],
  },
  "a dashboard that goes": {
    plant: (head) => {
      remove(head, "ConfigMap", "dashboards-fleet");
    },
    says: ["**gone:** `Fleet`"],
  },
  // Access
  "an action of a policy": {
    plant: (head) => {
      set(
        pick(head, "RolePolicy", "gpu-models"),
        ["policy"],
        JSON.stringify({
          ...policy,
          Statement: [
            { ...policy.Statement[0], Action: ["s3:GetObject", "s3:PutObject"] },
            policy.Statement[1],
          ],
        }),
      );
    },
    says: ["`RolePolicy gpu-models`, policy", "may now `s3:PutObject on arn:aws:s3:::models/*`"],
    saysNot: ["no longer `s3"],
  },
  "every action of a service": {
    plant: (head) => {
      set(
        pick(head, "RolePolicy", "gpu-models"),
        ["policy"],
        JSON.stringify({
          ...policy,
          Statement: [{ Effect: "Allow", Action: "s3:*", Resource: "*" }, policy.Statement[1]],
        }),
      );
    },
    says: [
      `${high}More rights for \`RolePolicy gpu-models\` (policy), every action of a service: \`s3:\\* on \\*\``.replaceAll(
        "\\",
        "",
      ),
      "no longer `s3:GetObject",
    ],
  },
  "a denial that goes": {
    plant: (head) => {
      set(
        pick(head, "RolePolicy", "gpu-models"),
        ["policy"],
        JSON.stringify({ ...policy, Statement: [policy.Statement[0]] }),
      );
    },
    says: [
      `${high}No longer denied to \`RolePolicy gpu-models\` (policy): \`s3:DeleteObject on arn:aws:s3:::models/*\``,
    ],
  },
  "anybody may assume a role": {
    plant: (head) => {
      set(
        pick(head, "Role", "gpu-role"),
        ["assumeRolePolicy"],
        JSON.stringify({ Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: "*" }] }),
      );
    },
    says: [`${high}More rights for \`Role gpu-role\` (assumeRolePolicy), anybody at all`],
  },
  "a verb of a cluster role": {
    plant: (head) => {
      set(pick(head, "ClusterRole", "prometheus"), ["rules", 1], {
        apiGroups: [""],
        resources: ["secrets"],
        verbs: ["get", "list"],
      });
    },
    says: [
      `${high}More rights for \`ClusterRole prometheus\` (the whole cluster), reads every Secret: \`get secrets\`, \`list secrets\``,
      "may now `get, list secrets`",
    ],
  },
  // Network
  "another namespace that is let in": {
    plant: (head) => {
      set(pick(head, "NetworkPolicy", "llama"), ["spec", "ingress", 0, "from", 1], {
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "gateway" } },
      });
    },
    says: [
      `${medium}Opened network: \`NetworkPolicy llama\` lets in: every pod of namespaces gateway on TCP 8000`,
    ],
  },
  "everybody is let in": {
    plant: (head) => {
      set(pick(head, "NetworkPolicy", "llama"), ["spec", "ingress", 0, "from"], undefined);
    },
    says: [`${high}Public exposure: \`NetworkPolicy llama\` lets in: everybody on TCP 8000`],
  },
  "a network policy that goes": {
    plant: (head) => {
      remove(head, "NetworkPolicy", "llama");
    },
    says: [`${medium}Opened network: \`NetworkPolicy llama\` deleted`],
  },
  "a load balancer": {
    plant: (head) => {
      set(pick(head, "Service", "llama"), ["spec", "type"], "LoadBalancer");
    },
    says: [`${high}Public exposure: \`Service llama\` is reachable from outside of the cluster`],
  },
  "an ingress": {
    plant: (head) => {
      head.resources.push(
        object("networking.k8s.io/v1", "Ingress", "chat", {
          spec: { rules: [{ host: "chat.example.com" }] },
        }),
      );
    },
    says: [`${high}Public exposure: \`Ingress chat\` publishes chat.example.com`],
  },
  "a security group open to the internet": {
    plant: (head) => {
      set(pick(head, "SecurityGroupIngressRule", "gpu-in"), ["cidrIpv4"], "0.0.0.0/0");
    },
    says: [`${high}Public exposure: \`SecurityGroupIngressRule gpu-in\` lets in 0.0.0.0/0 on port 443`],
  },
  // Secrets
  "a secret": {
    plant: (head) => {
      head.secrets["pagerdutyRoutingKey"] = { fingerprint: "abcdefabcd" };
      set(
        pick(head, "Secret", "routes-credentials"),
        ["stringData", "key"],
        makeMask({ from: ["pagerdutyRoutingKey@abcdefabcd"], digest: undefined }),
      );
    },
    says: [
      "`pagerdutyRoutingKey`: secret changed",
      "`stringData.key`: secret changed `[secret pagerdutyRoutingKey]`",
    ],
    saysNot: ["abcdefabcd", "0123456789"],
  },
  "a secret of the program": {
    plant: (head) => {
      set(pick(head, "kubernetes", "kubernetes"), ["kubeconfig"], makeMask({ from: [], digest: "11" }));
    },
    says: ["`Provider kubernetes` `kubeconfig`: secret changed"],
  },
  "a secret without a value": {
    plant: (head) => {
      head.secrets["newToken"] = { fingerprint: undefined };
    },
    says: [
      `${medium}Secret \`newToken\` has no value in the configuration file`,
      "pulumi config set --secret vllm-monitoring:newToken",
    ],
  },
  "a secret in clear": {
    plant: (head) => {
      head.leaks.push({
        urn: "urn:pulumi:sample::vllm-monitoring::kubernetes:core/v1:ConfigMap::bridge",
        path: "data.config",
        key: "dingtalkAccessToken",
      });
    },
    says: [`${high}Secret in clear: \`dingtalkAccessToken\` stands in \`data.config\``],
  },
  "a warning of the program": {
    plant: (head) => {
      head.warnings.push("the image of llama has a placeholder digest");
    },
    says: ["**To know:** the image of llama has a placeholder digest"],
  },
  "a new component": {
    plant: (head) => {
      head.resources.push(
        ...component("DcgmExporter", "dcgm", (parent) => [
          object("apps/v1", "DaemonSet", "dcgm", { spec: { selector: { matchLabels: {} } } }, parent),
        ]),
      );
    },
    says: ["DcgmExporter dcgm: 1 created", "- created `DaemonSet dcgm`"],
  },
};

it.each(Object.entries(plants))("names %s", (_, { plant, says, saysNot = [] }) => {
  const head = sample();
  plant(head);
  const { markdown, isEmpty } = reportOn(sample(), head);
  expect(isEmpty).toBe(false);
  for (const part of says)
    if (typeof part === "string") expect(markdown).toContain(part);
    else expect(markdown).toMatch(part);
  for (const part of saysNot) expect(markdown).not.toContain(part);
});

it("names nothing where nothing changed", () => {
  const { markdown, isEmpty } = reportOn(sample(), sample());
  expect(isEmpty).toBe(true);
  expect(markdown).toContain("**No changes** in `sample`.");
});

it("names nothing when resources, keys and components only stand in another order", () => {
  const reversed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reversed);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, inner]) => [key, reversed(inner)]),
    );
  };
  const head = reversed(sample()) as Snapshot;
  head.resources.reverse();
  expect(reportOn(sample(), head).isEmpty).toBe(true);
});
