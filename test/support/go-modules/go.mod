// Modules whose files tests read: CRDs of Karpenter and LeaderWorkerSet. Nothing here is compiled.
module vllm-monitoring/test/go-modules

go 1.26

require (
	github.com/aws/karpenter-provider-aws v1.6.3
	sigs.k8s.io/karpenter v1.11.0
	sigs.k8s.io/lws v0.8.0
)
