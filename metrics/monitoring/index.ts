import type { Catalogue } from "../family.ts";
import type { Product } from "../products.ts";
import { defineSeries } from "../promql/series.ts";
import { podTargetLabels, rayTargetLabels } from "../targets.ts";
import { alertmanagerCluster } from "./alertmanager-cluster.ts";
import { alertmanagerNotifications } from "./alertmanager.ts";
import { configReloader } from "./config-reloader.ts";
import { dingtalkBridge } from "./dingtalk-bridge.ts";
import { prometheusDiscovery } from "./discovery.ts";
import { prometheusOperator } from "./operator.ts";
import { prometheusServer } from "./prometheus.ts";
import { prometheusRules } from "./rules.ts";
import { scrape } from "./scrape.ts";
import { prometheusSending } from "./sending.ts";
import { thanosCompact } from "./thanos-compact.ts";
import { thanosQuery } from "./thanos-query.ts";
import { thanosShared } from "./thanos-sidecar.ts";
import { thanosStore } from "./thanos-store.ts";
import { prometheusTsdb } from "./tsdb.ts";

/** Families of Prometheus that rules and dashboards use. */
export const prometheus = {
  ...prometheusServer,
  ...prometheusTsdb,
  ...prometheusDiscovery,
  ...prometheusRules,
  ...prometheusSending,
} as const satisfies Catalogue;

/** Families of Alertmanager that rules and dashboards use. */
export const alertmanager = {
  ...alertmanagerNotifications,
  ...alertmanagerCluster,
} as const satisfies Catalogue;

/** Families of Thanos that rules and dashboards use. */
export const thanos = {
  ...thanosShared,
  ...thanosCompact,
  ...thanosStore,
  ...thanosQuery,
} as const satisfies Catalogue;

export { configReloader, dingtalkBridge, prometheusOperator, scrape };

function source<P extends Product>(product: P) {
  return {
    product,
    targetLabels: podTargetLabels,
    nameOf: ({ name }: { readonly name: string }) => name,
  } as const;
}

/** What Prometheus itself writes about every target; `up` of a replica of vLLM carries its model, owner and team. */
export const target = defineSeries({ ...source("prometheus"), targetLabels: rayTargetLabels }, scrape);

/** Series of the monitoring itself. */
export const prometheusSeries = defineSeries(source("prometheus"), prometheus);
export const alertmanagerSeries = defineSeries(source("alertmanager"), alertmanager);
export const operatorSeries = defineSeries(source("prometheus-operator"), prometheusOperator);
export const reloaderSeries = defineSeries(source("config-reloader"), configReloader);
export const thanosSeries = defineSeries(source("thanos"), thanos);
export const bridgeSeries = defineSeries(source("dingtalk-bridge"), dingtalkBridge);
