import type { AlertCases } from "../../../support/rule-cases.ts";
import type { InputSeries } from "../../../support/promtool.ts";

const HPA = 'namespace="vllm",horizontalpodautoscaler="keda-hpa-llama"';
const fired = (alertname: string) => [
  {
    labels: {
      alertname,
      severity: "warning",
      component: "autoscaler",
      namespace: "vllm",
      horizontalpodautoscaler: "keda-hpa-llama",
    },
  },
];
const metric = (name: string, more = "") => `kube_horizontalpodautoscaler_${name}{${HPA}${more}}`;
const current = metric("status_current_replicas");
const bounds = (least: string, most: string): InputSeries => ({
  [metric("spec_min_replicas")]: least,
  [metric("spec_max_replicas")]: most,
});
const condition = (name: string) => metric("status_condition", `,condition="${name}",status="false"`);
const desired = metric("status_desired_replicas");

export const autoscalingCases: AlertCases[] = [
  {
    alert: "AutoscalerAtMaximum",
    tests: [
      {
        name: "fires at the maximum, resolves below",
        series: { ...bounds("1x160", "8x160"), [current]: "8x80 7x80" },
        expect: { "14m": [], "18m": fired("AutoscalerAtMaximum"), "30m": [] },
      },
      {
        name: "stays silent one below",
        series: { ...bounds("1x100", "8x100"), [current]: "7x100" },
        expect: { "18m": [] },
      },
      {
        name: "stays silent where it can't scale at all",
        series: { ...bounds("8x100", "8x100"), [current]: "8x100" },
        expect: { "18m": [] },
      },
    ],
  },
  {
    alert: "AutoscalerFlapping",
    tests: [
      {
        name: "fires with the eighth change within an hour, resolves",
        series: { [desired]: "1x20 2x20 1x20 2x20 1x20 2x20 1x20 2x20 1x320" },
        expect: { "35m": [], "42m": fired("AutoscalerFlapping"), "90m": [] },
      },
      {
        name: "stays silent with seven",
        series: { [desired]: "1x20 2x20 1x20 2x20 1x20 2x20 1x20 2x320" },
        expect: { "42m": [], "60m": [] },
      },
    ],
  },
  {
    alert: "AutoscalerWithoutData",
    tests: [
      {
        name: "fires without data, resolves with",
        series: { [condition("ScalingActive")]: "1x60 0x60", [current]: "2x120" },
        expect: { "9m": [], "12m": fired("AutoscalerWithoutData"), "20m": [] },
      },
      {
        name: "stays silent with zero replicas",
        series: { [condition("ScalingActive")]: "1x100", [current]: "0x100" },
        expect: { "12m": [], "20m": [] },
      },
      {
        name: "stays silent with data",
        series: { [condition("ScalingActive")]: "0x100", [current]: "2x100" },
        expect: { "12m": [] },
      },
    ],
  },
  {
    alert: "AutoscalerUnable",
    tests: [
      {
        name: "fires and resolves",
        series: { [condition("AbleToScale")]: "1x60 0x60" },
        expect: { "9m": [], "12m": fired("AutoscalerUnable"), "20m": [] },
      },
      { name: "stays silent", series: { [condition("AbleToScale")]: "0x100" }, expect: { "12m": [] } },
    ],
  },
];
