import type { AlertCases } from "../../../support/rule-cases.ts";
import type { ExpectedAlert, InputSeries } from "../../../support/promtool.ts";

const fired = (alertname: string, severity: string, labels: Record<string, string>): ExpectedAlert[] => [
  { labels: { alertname, severity, component: "ray", ...labels } },
];

const CLUSTER = 'namespace="ray",ray_io_cluster="c",team="chat",owner="ann"';
const cluster = { namespace: "ray", ray_io_cluster: "c", team: "chat", owner: "ann" };
const up = (pod: string) => `up{${CLUSTER},pod="${pod}",node="n"}`;
const onHead = `${CLUSTER},pod="head",node="n",Component="serve"`;
const application = `ray_serve_application_status{${onHead},application="llm"}`;
const DEPLOYMENT = `${onHead},application="llm",deployment="d"`;
const deployment = { ...cluster, application: "llm", deployment: "d" };
const status = `ray_serve_deployment_status{${DEPLOYMENT}}`;
const healthy = `ray_serve_deployment_replica_healthy{${DEPLOYMENT}}`;
const wanted = `ray_serve_autoscaling_target_replicas{${DEPLOYMENT}}`;
const proxy = `ray_serve_proxy_status{${onHead},node_id="1",node_ip_address="10.0.0.1"}`;
const ofProxy = { ...cluster, node_ip_address: "10.0.0.1" };
const handled = `ray_serve_deployment_request_counter_total{${DEPLOYMENT},replica="1"}`;
const errors = `ray_serve_deployment_error_counter_total{${DEPLOYMENT},replica="1",exception_type="X"}`;
const checks = `ray_serve_health_check_failures_total{${DEPLOYMENT}}`;

/** A state that is wrong and then right; another that is never wrong. */
function states(
  alert: string,
  severity: string,
  labels: Record<string, string>,
  sides: { bad: InputSeries; good: InputSeries[]; at: [string, string, string] },
): AlertCases {
  const [before, during, after] = sides.at;
  return {
    alert,
    tests: [
      {
        name: "fires and resolves",
        series: sides.bad,
        expect: { [before]: [], [during]: fired(alert, severity, labels), [after]: [] },
      },
      ...sides.good.map((series, index) => ({
        name: `stays silent, ${String(index + 1)}`,
        series,
        expect: { [during]: [], [after]: [] },
      })),
    ],
  };
}

export const rayCases: AlertCases[] = [
  states(
    "RayNodeDown",
    "warning",
    { ...cluster, pod: "w", node: "n" },
    {
      bad: { [up("w")]: "0x40 1x60", [up("head")]: "1x100" },
      good: [{ [up("w")]: "1x100" }, { 'up{namespace="x",pod="w"}': "0x100" }],
      at: ["4m", "8m", "15m"],
    },
  ),
  states("RayServeControllerAbsent", "critical", cluster, {
    bad: { [up("head")]: "1x140", [status]: "_x80 6x60" },
    good: [{ [up("head")]: "1x140", [status]: "6x140" }, { [up("head")]: "0x140" }],
    at: ["9m", "14m", "25m"],
  }),
  states(
    "RayServeApplicationUnhealthy",
    "critical",
    { ...cluster, application: "llm" },
    {
      bad: { [application]: "2x40 6x60" },
      good: [{ [application]: "3x100" }, { [application]: "0x100" }, { [application]: "6x100" }],
      at: ["4m", "8m", "15m"],
    },
  ),
  states("RayServeReplicasMissing", "warning", deployment, {
    bad: { [healthy]: "2x80 3x60", [wanted]: "3x140" },
    good: [
      { [healthy]: "3x140", [wanted]: "3x140" },
      { [healthy]: "4x140", [wanted]: "3x140" },
    ],
    at: ["14m", "18m", "25m"],
  }),
  states("RayServeProxyUnhealthy", "critical", ofProxy, {
    bad: { [proxy]: "3x20 2x60" },
    good: [{ [proxy]: "2x80" }, { [proxy]: "4x80" }],
    at: ["1m", "4m", "10m"],
  }),
  states("RayServeErrors", "critical", deployment, {
    bad: { [handled]: "0+100x300", [errors]: "0+6x100 600x200" },
    good: [
      { [handled]: "0+100x300", [errors]: "0+5x300" },
      { [handled]: "0+1x300", [errors]: "0+0.2x300" },
    ],
    at: ["4m", "20m", "45m"],
  }),
  states("RayServeHealthChecksFailing", "warning", deployment, {
    bad: { [checks]: "0x20 1 2 3 4 4x200" },
    good: [{ [checks]: "0x20 1 1x200" }],
    at: ["4m", "10m", "40m"],
  }),
];
