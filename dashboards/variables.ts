/** Variables of the project's dashboards: data source, then namespace, model and pod, each narrowed by those before. */
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import type { MetricFamily } from "../metrics/family.ts";
import { vllm } from "../metrics/vllm/index.ts";
import { DATASOURCE } from "./panels.ts";

/**
 * The family whose labels fill the lists. It must be there as soon as a server is: in multiprocess mode the load gauges
 * are not until the first request.
 */
export const LISTED: MetricFamily = vllm.generationTokens;

/** The four variables in order. */
export function variables(): Builder<dashboard.VariableModel>[] {
  return [
    new dashboard.DatasourceVariableBuilder("datasource").label("Data source").type("prometheus"),
    list("namespace", "Namespace", LISTED.name),
    list("model_name", "Model", `${LISTED.name}{namespace=~"$namespace"}`),
    list("pod", "Pod", `${LISTED.name}{namespace=~"$namespace", model_name=~"$model_name"}`),
  ];
}

function list(label: string, title: string, series: string): Builder<dashboard.VariableModel> {
  const query = `label_values(${series}, ${label})`;
  return (
    new dashboard.QueryVariableBuilder(label)
      .label(title)
      .datasource(DATASOURCE)
      .query({ query, refId: label })
      .definition(query)
      .multi(true)
      .includeAll(true)
      // Not ".*": series without the label, such as a router's under the same names, stay out.
      .allValue(".+")
      .current({ selected: true, text: ["All"], value: ["$__all"] })
      .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
      .sort(dashboard.VariableSort.AlphabeticalAsc)
  );
}
