/** The components that the plugin offers to other languages. */
import { AlertRoutes } from "../components/alert-routes.ts";
import { AlertRules } from "../components/alert-rules.ts";
import { DcgmExporter } from "../components/dcgm-exporter.ts";
import { DingTalkBridge } from "../components/dingtalk-bridge.ts";
import { EksCluster } from "../components/eks-cluster.ts";
import { GpuNodeGroup } from "../components/gpu-node-group.ts";
import { GrafanaContent } from "../components/grafana-content.ts";
import { GrafanaDashboards } from "../components/grafana-dashboards.ts";
import { Grafana } from "../components/grafana.ts";
import { KubePrometheus } from "../components/kube-prometheus.ts";
import { KubeStateMetrics } from "../components/kube-state-metrics.ts";
import { KubeRayOperator } from "../components/kuberay-operator.ts";
import { KubernetesMonitors } from "../components/kubernetes-monitors.ts";
import { LiteLlmGateway } from "../components/litellm-gateway.ts";
import { ModelAutoscaler } from "../components/model-autoscaler.ts";
import { ModelWeights } from "../components/model-weights.ts";
import { MonitoringCrds } from "../components/monitoring-crds.ts";
import { NodeExporter } from "../components/node-exporter.ts";
import { NvidiaDevicePlugin } from "../components/nvidia-device-plugin.ts";
import { RayVllmService } from "../components/ray-vllm-service.ts";
import { ThanosBucket } from "../components/thanos-bucket.ts";
import { ThanosStorage } from "../components/thanos-storage.ts";
import { VllmDeployment } from "../components/vllm-deployment.ts";
import { VllmMultiNode } from "../components/vllm-multi-node.ts";

/**
 * All of them. Their arguments have forms that the analyser can infer: named interfaces instead of anonymous or picked types,
 * and `enabled` instead of a union with false.
 */
export const PLUGIN_COMPONENTS = {
  AlertRoutes,
  AlertRules,
  DcgmExporter,
  DingTalkBridge,
  EksCluster,
  GpuNodeGroup,
  Grafana,
  GrafanaContent,
  GrafanaDashboards,
  KubePrometheus,
  KubeRayOperator,
  KubernetesMonitors,
  KubeStateMetrics,
  LiteLlmGateway,
  ModelAutoscaler,
  ModelWeights,
  MonitoringCrds,
  NodeExporter,
  NvidiaDevicePlugin,
  RayVllmService,
  ThanosBucket,
  ThanosStorage,
  VllmDeployment,
  VllmMultiNode,
};
