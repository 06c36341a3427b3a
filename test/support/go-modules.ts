/** Files of Go modules, read from the module cache: CRDs that their projects publish nowhere else. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import * as path from "node:path";

import { parse } from "yaml";

/** Modules of `go-modules/go.mod`; their sums are checked against its go.sum. */
export type GoModule =
  | "sigs.k8s.io/karpenter"
  | "sigs.k8s.io/lws"
  | "github.com/aws/karpenter-provider-aws"
  | "github.com/kedacore/keda/v2"
  | "sigs.k8s.io/gateway-api";

/**
 * Text of a file of a module; downloads the module when it is not in the cache.
 *
 * @throws if Go is missing or the download fails, with what Go said
 */
export function goModuleFile(module: GoModule, file: string): string {
  const version = versionOf(module);
  const run = spawnSync("go", ["mod", "download", "-json", `${module}@${version}`], {
    cwd: path.join(import.meta.dirname, "go-modules"),
    encoding: "utf8",
    env: { ...process.env, GOFLAGS: "-mod=readonly" },
  });
  const answer = (run.stdout === "" ? {} : JSON.parse(run.stdout)) as { Dir?: string; Error?: string };
  if (answer.Dir === undefined) {
    throw new Error(`${module}@${version}: ${answer.Error ?? run.error?.message ?? run.stderr}`);
  }
  return readFileSync(path.join(answer.Dir, file), "utf8");
}

function versionOf(module: GoModule): string {
  const text = readFileSync(path.join(import.meta.dirname, "go-modules", "go.mod"), "utf8");
  const line = text.split("\n").find((candidate) => candidate.trim().startsWith(`${module} `));
  const version = line?.trim().split(" ")[1];
  if (version === undefined) throw new Error(`${module} is not in go-modules/go.mod`);
  return version;
}

/** CRDs of Karpenter: NodePool, and EC2NodeClass of its AWS provider. */
export function karpenterCrds(): object[] {
  return [
    goModuleFile("sigs.k8s.io/karpenter", "pkg/apis/crds/karpenter.sh_nodepools.yaml"),
    goModuleFile(
      "github.com/aws/karpenter-provider-aws",
      "pkg/apis/crds/karpenter.k8s.aws_ec2nodeclasses.yaml",
    ),
  ].map((text) => parse(text) as object);
}

/** The CRD of LeaderWorkerSet. */
export function leaderWorkerSetCrd(): object {
  return parse(
    goModuleFile("sigs.k8s.io/lws", "config/crd/bases/leaderworkerset.x-k8s.io_leaderworkersets.yaml"),
  ) as object;
}

/** CRDs of KEDA: ScaledObject and TriggerAuthentication. */
export function kedaCrds(): object[] {
  return ["scaledobjects", "triggerauthentications"].map(
    (plural) =>
      parse(goModuleFile("github.com/kedacore/keda/v2", `config/crd/bases/keda.sh_${plural}.yaml`)) as object,
  );
}

/** CRD of the Gateway API's HTTPRoute, standard channel. */
export function gatewayApiCrds(): object[] {
  const file = "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml";
  return [parse(goModuleFile("sigs.k8s.io/gateway-api", file)) as object];
}
