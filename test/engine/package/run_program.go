// Runs the program of the Go example with the real engine, which the SDK's Automation API starts. The test puts this file beside
// the example's, and RUN_PROGRAM into its environment.
//
// Prints the operations of an update, of a second one, and the outputs, as JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
)

func init() {
	if os.Getenv("RUN_PROGRAM") == "" {
		return
	}
	if err := runProgram(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func runProgram(ctx context.Context) error {
	stack, err := auto.UpsertStackInlineSource(ctx, "go", "vllm-example-go", program)
	if err != nil {
		return err
	}
	first, err := stack.Up(ctx)
	if err != nil {
		return err
	}
	second, err := stack.Up(ctx)
	if err != nil {
		return err
	}
	outputs := map[string]any{}
	for name, output := range first.Outputs {
		outputs[name] = output.Value
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"first":   first.Summary.ResourceChanges,
		"second":  second.Summary.ResourceChanges,
		"outputs": outputs,
	})
}
