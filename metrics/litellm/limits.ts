import type { MetricFamily } from "../family.ts";
import { keyLabels, teamLabels } from "./labels.ts";

const since = "1.109.1";

/** Rate limits and users. */
export const limits = {
  remainingApiKeyRequestsForModel: {
    name: "litellm_remaining_api_key_requests_for_model",
    type: "gauge",
    help: "Remaining Requests API Key can make for model (model based rpm limit on key)",
    unit: "requests",
    labels: [...keyLabels, "model", "model_id", "pid"],
    since,
    caveat: "Several workers: a series per worker (label pid); take max without (pid), never the sum.",
    source: "litellm/integrations/prometheus.py",
  },
  remainingApiKeyTokensForModel: {
    name: "litellm_remaining_api_key_tokens_for_model",
    type: "gauge",
    help: "Remaining Tokens API Key can make for model (model based tpm limit on key)",
    unit: "tokens",
    labels: [...keyLabels, "model", "model_id", "pid"],
    since,
    caveat: "Several workers: a series per worker (label pid); take max without (pid), never the sum.",
    source: "litellm/integrations/prometheus.py",
  },
  apiKeyRateLimitAllowed: {
    name: "litellm_api_key_rate_limit_allowed_metric",
    type: "gauge",
    help: "Configured rate limit for the API Key in the current window (rpm_limit / tpm_limit), by rate_limit_type",
    unit: "resources",
    labels: [...keyLabels, "rate_limit_type", "pid"],
    since,
    caveat:
      "`rate_limit_type` tells requests from tokens: always select one. Several workers: a series per worker (label pid); take max without (pid), never the sum.",
    source: "litellm/integrations/prometheus.py",
  },
  apiKeyRateLimitUsed: {
    name: "litellm_api_key_rate_limit_used_metric",
    type: "gauge",
    help: "Requests or tokens the API Key has consumed in the current rate limit window, by rate_limit_type",
    unit: "resources",
    labels: [...keyLabels, "rate_limit_type", "pid"],
    since,
    caveat:
      "`rate_limit_type` tells requests from tokens: always select one. Several workers: a series per worker (label pid); take max without (pid), never the sum.",
    source: "litellm/integrations/prometheus.py",
  },
  teamRateLimitAllowed: {
    name: "litellm_team_rate_limit_allowed_metric",
    type: "gauge",
    help: "Configured rate limit for the Team in the current window (team rpm_limit / tpm_limit), by rate_limit_type",
    unit: "resources",
    labels: [...teamLabels, "rate_limit_type", "pid"],
    since,
    caveat:
      "`rate_limit_type` tells requests from tokens: always select one. Several workers: a series per worker (label pid); take max without (pid), never the sum.",
    source: "litellm/integrations/prometheus.py",
  },
  teamRateLimitUsed: {
    name: "litellm_team_rate_limit_used_metric",
    type: "gauge",
    help: "Requests or tokens the Team has consumed in the current rate limit window, by rate_limit_type",
    unit: "resources",
    labels: [...teamLabels, "rate_limit_type", "pid"],
    since,
    caveat:
      "`rate_limit_type` tells requests from tokens: always select one. Several workers: a series per worker (label pid); take max without (pid), never the sum.",
    source: "litellm/integrations/prometheus.py",
  },
  projectModelRateLimitAllowed: {
    name: "litellm_project_model_rate_limit_allowed_metric",
    type: "gauge",
    help: "Configured rate limit for the Project on the requested model in the current window (model_rpm_limit / model_tpm_limit / model_itpm_limit / model_otpm_limit), by rate_limit_type",
    unit: "resources",
    labels: ["project_id", "project_alias", "requested_model", "rate_limit_type", "pid"],
    since,
    caveat:
      "`rate_limit_type` tells requests from tokens: always select one. Several workers: a series per worker (label pid); take max without (pid), never the sum.",
    source: "litellm/integrations/prometheus.py",
  },
  projectModelRateLimitUsed: {
    name: "litellm_project_model_rate_limit_used_metric",
    type: "gauge",
    help: "Requests or tokens the Project has consumed on the requested model in the current rate limit window, by rate_limit_type",
    unit: "resources",
    labels: ["project_id", "project_alias", "requested_model", "rate_limit_type", "pid"],
    since,
    caveat:
      "`rate_limit_type` tells requests from tokens: always select one. Several workers: a series per worker (label pid); take max without (pid), never the sum.",
    source: "litellm/integrations/prometheus.py",
  },
  teamMembers: {
    name: "litellm_team_members_metric",
    type: "gauge",
    help: "Number of members in a team",
    unit: "users",
    labels: [...teamLabels, "pid"],
    since,
    caveat: "Several workers: a series per worker (label pid); take max without (pid), never the sum.",
    source: "litellm/integrations/prometheus.py",
  },
  totalUsers: {
    name: "litellm_total_users",
    type: "gauge",
    help: "Total number of users in LiteLLM",
    unit: "users",
    labels: ["pid"],
    since,
    caveat: "Several workers: a series per worker (label pid); take max without (pid), never the sum.",
    source: "litellm/integrations/prometheus.py",
  },
  activeUsers: {
    name: "litellm_active_users",
    type: "gauge",
    help: "Number of billable users in LiteLLM (excludes SCIM-deactivated users)",
    unit: "users",
    labels: ["pid"],
    since,
    caveat: "Several workers: a series per worker (label pid); take max without (pid), never the sum.",
    source: "litellm/integrations/prometheus.py",
  },
  teamsCount: {
    name: "litellm_teams_count",
    type: "gauge",
    help: "Total number of teams in LiteLLM",
    unit: "objects",
    labels: ["pid"],
    since,
    caveat: "Several workers: a series per worker (label pid); take max without (pid), never the sum.",
    source: "litellm/integrations/prometheus.py",
  },
} as const satisfies Record<string, MetricFamily>;
