// Modules whose files tests read: CRDs of Karpenter, LeaderWorkerSet, KEDA and the Gateway API. Nothing here is compiled.
module vllm-monitoring/test/go-modules

go 1.26

require (
	github.com/aws/karpenter-provider-aws v1.6.3
	github.com/kedacore/keda/v2 v2.20.1
	sigs.k8s.io/gateway-api v1.5.1
	sigs.k8s.io/karpenter v1.11.0
	sigs.k8s.io/lws v0.8.0
)
