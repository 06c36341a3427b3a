import type { RuleSet } from "../types.ts";
import {
  alertmanagerReloadFailed,
  alertsNotSent,
  bridgeFailing,
  deliveryFailing,
  noAlertmanager,
  prometheusReloadFailed,
  reloaderFailed,
  replicaSeriesBudget,
  ruleFailures,
  ruleGroupSlow,
  targetDown,
} from "./pipeline.ts";
import {
  cardinalityJump,
  compactionsFailing,
  compactorHalted,
  objectStoreFailing,
  remoteWriteBehind,
  remoteWriteFailing,
  sampleLimit,
  seriesAdded,
  storageCorrupted,
  uploadsFailing,
  uploadsStalled,
} from "./storage.ts";
import { watchdog } from "./watchdog.ts";

/** Alerts on the monitoring itself. */
export const monitoringRules: RuleSet = {
  name: "monitoring",
  groups: [
    { name: "alert-path", alerts: [watchdog, noAlertmanager, alertsNotSent, deliveryFailing, bridgeFailing] },
    {
      name: "scraping",
      alerts: [targetDown, replicaSeriesBudget, sampleLimit, seriesAdded, cardinalityJump],
    },
    { name: "rules", alerts: [ruleFailures, ruleGroupSlow] },
    { name: "configuration", alerts: [prometheusReloadFailed, alertmanagerReloadFailed, reloaderFailed] },
    {
      name: "storage",
      alerts: [
        storageCorrupted,
        remoteWriteBehind,
        remoteWriteFailing,
        uploadsStalled,
        uploadsFailing,
        compactorHalted,
        compactionsFailing,
        objectStoreFailing,
      ],
    },
  ],
};
