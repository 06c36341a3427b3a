/** Frame of a dashboard: identity, variables, links, marks, rows. */
// Schema v2 can't be provisioned from files; the classic one that the SDK calls deprecated can.
/* eslint-disable @typescript-eslint/no-deprecated */
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import type { ContextOptions } from "../metrics/promql/index.ts";
import { annotationsOf } from "./annotations.ts";
import { chooserOf, type Choose } from "./choice.ts";
import { DASHBOARD_TAG, dashboardMenu } from "./links.ts";
import type { ResolvedOptions } from "./options.ts";
import { Panels } from "./panels.ts";
import { printerFor, type SeriesKind } from "./query.ts";
import { dashboardUids, type DashboardName, type DashboardVariable } from "./uids.ts";
import { variablesOf, type ListedSeries } from "./variables.ts";

/** Panels under a heading that is a question. */
export interface Section {
  readonly title: string;
  readonly panels: readonly Builder<dashboard.Panel>[];
}

/** What makes a dashboard. */
export interface BoardDefinition {
  readonly name: DashboardName;
  readonly title: string;
  /** What it answers, in a sentence or two. */
  readonly description: string;
  readonly variables: readonly DashboardVariable[];
  /** Whether it queries recorded series or scraped ones. */
  readonly kind: SeriesKind;
  /** The series that fills the variables' lists. */
  readonly listed: ListedSeries;
  /** Variables whose labels some of its series lack. */
  readonly optional?: readonly DashboardVariable[];
  /** Time range at first sight. Default `now-3h`. */
  readonly from?: string;
  readonly sections: (tools: BoardTools) => readonly Section[];
}

/** What the panels of a dashboard are made with. */
export interface BoardTools {
  readonly panels: Panels;
  /** Narrows a series by the dashboard's variables. */
  readonly choose: Choose;
  readonly options: ResolvedOptions;
}

/** A dashboard in the classic schema. `variant` distinguishes another spelling of the same one ("ray"). */
export function buildBoard(
  definition: BoardDefinition,
  options: ResolvedOptions,
  context: ContextOptions = {},
  variant = "",
): dashboard.Dashboard {
  const { name, variables, kind, listed, optional = [], sections } = definition;
  const title = variant === "" ? definition.title : `${definition.title} (${variant})`;
  const builder = new dashboard.DashboardBuilder(title)
    .uid(variant === "" ? dashboardUids[name] : `${dashboardUids[name]}-${variant}`)
    .description(definition.description)
    .tags(["vllm", DASHBOARD_TAG])
    .readonly()
    .timezone("browser")
    .time({ from: definition.from ?? "now-3h", to: "now" })
    .refresh(options.refresh)
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .link(dashboardMenu())
    .annotations(annotationsOf(variables))
    .variables(variablesOf({ variables, listed, kind, optional }));
  const tools: BoardTools = {
    panels: new Panels(printerFor(title, kind, { ...options.context, ...context }), options.minStep),
    choose: chooserOf(variables),
    options,
  };
  for (const section of sections(tools)) {
    builder.withRow(new dashboard.RowBuilder(section.title));
    for (const panel of section.panels) builder.withPanel(panel);
  }
  return withIds(builder.build());
}

/** Ids in reading order, so that links to a panel last as long as the order does. */
function withIds(built: dashboard.Dashboard): dashboard.Dashboard {
  const panels = (built.panels ?? []).map((panel, index) => ({ ...panel, id: index + 1 }));
  return { ...built, panels };
}
