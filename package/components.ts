/** The components that the plugin offers to other languages. */
import { AlertRoutes } from "../components/alert-routes.ts";
import { AlertRules } from "../components/alert-rules.ts";
import { DcgmExporter } from "../components/dcgm-exporter.ts";
import { DingTalkBridge } from "../components/dingtalk-bridge.ts";
import { EksCluster } from "../components/eks-cluster.ts";
import { GpuNodeGroup } from "../components/gpu-node-group.ts";
import { GrafanaDashboards } from "../components/grafana-dashboards.ts";
import { KubeStateMetrics } from "../components/kube-state-metrics.ts";
import { LiteLlmGateway } from "../components/litellm-gateway.ts";
import { MonitoringCrds } from "../components/monitoring-crds.ts";
import { NodeExporter } from "../components/node-exporter.ts";
import { NvidiaDevicePlugin } from "../components/nvidia-device-plugin.ts";
import { ThanosBucket } from "../components/thanos-bucket.ts";
import { ThanosStorage } from "../components/thanos-storage.ts";
import { VllmDeployment } from "../components/vllm-deployment.ts";

/**
 * A component is here once its arguments have a schema that says what they are, which the analyser infers neither of unions
 * (`nodeExporter` of `KubePrometheus`) nor of picked properties (`RayVllmService`). In TypeScript all can be used.
 */
export const PLUGIN_COMPONENTS = {
  AlertRoutes,
  AlertRules,
  DcgmExporter,
  DingTalkBridge,
  EksCluster,
  GpuNodeGroup,
  GrafanaDashboards,
  KubeStateMetrics,
  LiteLlmGateway,
  MonitoringCrds,
  NodeExporter,
  NvidiaDevicePlugin,
  ThanosBucket,
  ThanosStorage,
  VllmDeployment,
};
