/**
 * An AWS provider without AWS for engine tests: it keeps what it is given, adds what the program reads, and knows which
 * inputs only a new resource can take. Started by the engine through the launcher that `install.ts` writes.
 */
import { isDeepStrictEqual } from "node:util";

import { main, type Provider } from "@pulumi/pulumi/provider/index.js";

import { forceNew } from "./force-new.ts";

type Properties = Record<string, unknown>;

const ACCOUNT = "111122223333";

const typeOf = (urn: string): string => urn.split("::")[2]?.split("$").at(-1) ?? "";
const nameOf = (urn: string): string => urn.split("::").at(-1) ?? "";

function at(properties: Properties, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((value, key) => (value as Properties | undefined)?.[key], properties);
}

/** Names that AWS' provider would make, so that a replacement has another one than what it replaces. */
function autoName(urn: string, olds: Properties | undefined): string {
  const before = olds?.["generatedName"];
  return typeof before === "string" ? before : `${nameOf(urn)}-${Math.random().toString(16).slice(2, 9)}`;
}

/** What the resource has besides its inputs. */
function computed(urn: string, name: string, inputs: Properties, olds?: Properties): Properties {
  const arn = (service: string, resource: string) => `arn:aws:${service}:eu-central-1:${ACCOUNT}:${resource}`;
  switch (typeOf(urn)) {
    case "aws:ec2/launchTemplate:LaunchTemplate": {
      const version = Number(olds?.["latestVersion"] ?? 0) + 1;
      return { latestVersion: version, defaultVersion: version };
    }
    case "aws:eks/nodeGroup:NodeGroup":
      return { resources: [{ autoscalingGroups: [{ name: `eks-${name}` }] }] };
    case "aws:iam/role:Role":
      return { name, arn: `arn:aws:iam::${ACCOUNT}:role/${name}` };
    case "aws:kms/key:Key":
      return { keyId: name, arn: arn("kms", `key/${name}`) };
    case "aws:cloudwatch/logGroup:LogGroup":
      return { arn: arn("logs", `log-group:${String(inputs["name"])}`) };
    case "aws:ec2/eip:Eip":
      return { allocationId: `eipalloc-${name}` };
    case "aws:eks/cluster:Cluster":
      return {
        arn: arn("eks", `cluster/${String(inputs["name"])}`),
        endpoint: "https://0.eks.amazonaws.com",
        certificateAuthority: { data: "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==" },
        vpcConfig: { ...(inputs["vpcConfig"] as object), clusterSecurityGroupId: "sg-0c1a" },
      };
    default:
      return {};
  }
}

/** State of a resource: inputs, what is added, and the name that it was made with. */
function stateOf(urn: string, inputs: Properties, olds?: Properties): Properties {
  const name = autoName(urn, olds);
  return { ...inputs, ...computed(urn, name, inputs, olds), generatedName: name, givenInputs: inputs };
}

const provider: Provider = {
  version: "7.48.0",
  check: (_urn, _olds, news: Properties) => Promise.resolve({ inputs: news }),
  diff(_id, urn, olds: Properties, news: Properties) {
    const before = (olds["givenInputs"] ?? olds) as Properties;
    const replaces = (forceNew[typeOf(urn)] ?? []).filter(
      (path) => !isDeepStrictEqual(at(before, path), at(news, path)),
    );
    return Promise.resolve({ changes: !isDeepStrictEqual(before, news), replaces });
  },
  create: (urn, inputs: Properties) => {
    const outs = stateOf(urn, inputs);
    return Promise.resolve({ id: String(outs["generatedName"]), outs });
  },
  update: (_id, urn, olds: Properties, news: Properties) =>
    Promise.resolve({ outs: stateOf(urn, news, olds) }),
  read: (id, _urn, props: Properties) => Promise.resolve({ id, props, inputs: props["givenInputs"] }),
  delete: () => Promise.resolve(),
};

await main(provider, process.argv.slice(2));
