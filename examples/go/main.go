// A model, from Go. Needs the generated SDK, which this adds to go.mod:
//
//	npm install vllm-monitoring && pulumi package add ./node_modules/vllm-monitoring
package main

import (
	"example.com/pulumi-vllm-monitoring/sdk/go/vllmmonitoring"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(program)
}

func program(ctx *pulumi.Context) error {
	llama, err := vllmmonitoring.NewVllmDeployment(ctx, "llama", &vllmmonitoring.VllmDeploymentArgs{
		// A namespace that is there; github.com/pulumi/pulumi-kubernetes/sdk/v4 makes one.
		Namespace: pulumi.String("serving"),
		Owner:     pulumi.String("search"),
		Image:     pulumi.String("vllm/vllm-openai:v0.33.0@sha256:0000000000000000000000000000000000000000000000000000000000000330"),
		Model: vllmmonitoring.VllmModelArgs{
			Source: vllmmonitoring.VllmModelSourceArgs{
				Kind: vllmmonitoring.VllmModelSourceKindHub,
				Hub: vllmmonitoring.VllmHubSourceArgs{
					Id:       pulumi.String("Qwen/Qwen2.5-0.5B-Instruct"),
					Revision: pulumi.String("0000000000000000000000000000000000000a01"),
				},
			},
		},
		Replicas: pulumi.Float64(2),
	})
	if err != nil {
		return err
	}
	ctx.Export("endpoint", llama.Endpoint)
	return nil
}
