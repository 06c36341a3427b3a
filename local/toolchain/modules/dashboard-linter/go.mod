module vllm-monitoring.local/toolchain/dashboard-linter

go 1.26.3

require github.com/grafana/dashboard-linter v0.2.0

replace (
	github.com/grafana/grafana/apps/dashboard => ./dashboard-schema
	github.com/hashicorp/memberlist => github.com/grafana/memberlist v0.3.1-0.20251126142931-6f9f62ab6f86
)
