import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";

import { DingTalkBridge, type DingTalkBridgeArgs } from "../../../components/dingtalk-bridge.ts";
import { parseConfig } from "../../../services/dingtalk-bridge/config.ts";
import { renderManifests } from "../../support/manifests.ts";
import { at, runWithMocks, type MockRun } from "../../support/mocks.ts";

const TOKEN = "token-0123456789";
const SIGNING = "SEC-0123456789";

const base: DingTalkBridgeArgs = {
  namespace: "monitoring",
  image: "registry.example.com/dingtalk-bridge:0.1.0",
  robots: [
    {
      name: "oncall",
      accessToken: pulumi.secret(TOKEN),
      signingSecret: pulumi.secret(SIGNING),
      mentionAll: true,
    },
    { name: "team", accessToken: TOKEN, keyword: "vLLM", messageType: "actionCard", ratePerMinute: 10 },
  ],
};

function build(args: Partial<DingTalkBridgeArgs> = {}) {
  return runWithMocks(() => new DingTalkBridge("dingtalk-bridge", { ...base, ...args }));
}

function robots(changes: Partial<DingTalkBridgeArgs["robots"][number]>): Partial<DingTalkBridgeArgs> {
  return { robots: [{ name: "a", accessToken: TOKEN, ...changes }] };
}

function configText(run: MockRun): string {
  return at(run.find("ConfigMap").inputs, 'data["config.json"]') as string;
}

describe("DingTalkBridge", () => {
  it("renders the golden manifests", async () => {
    const run = await build({ alertmanagerUrl: "https://alerts.example.com", timezone: "Asia/Shanghai" });
    await expect(renderManifests(run)).toMatchFileSnapshot("golden/dingtalk-bridge.yaml");
  });

  it("writes a configuration that the bridge itself accepts, with each robot's settings", async () => {
    const config = parseConfig(JSON.parse(configText(await build({ replicas: 1 }))));
    expect(config.robots["oncall"]).toMatchObject({
      accessTokenFile: "/etc/dingtalk-bridge/secrets/oncall/access-token",
      signingSecretFile: "/etc/dingtalk-bridge/secrets/oncall/signing-secret",
      mentionAll: true,
      ratePerMinute: 20,
    });
    expect(config.robots["team"]).toMatchObject({
      keyword: "vLLM",
      messageType: "actionCard",
      ratePerMinute: 10,
    });
    expect(config.robots["team"]?.signingSecretFile).toBeUndefined();
  });

  it("mounts every file that the configuration names, and its Secret holds it", async () => {
    const run = await build();
    const config = parseConfig(JSON.parse(configText(run)));
    const pod = at(run.find("Deployment").inputs, "spec.template.spec");
    const sources = at(pod, "volumes[0].projected.sources") as {
      secret?: { name: string; items: { key: string; path: string }[] };
    }[];
    const mounted = sources.flatMap(({ secret }) =>
      (secret?.items ?? []).map(({ key, path }) => {
        const data = at(run.find("Secret", secret?.name).inputs, "stringData") as Record<string, string>;
        expect(data[key], path).toBeTruthy();
        return `/etc/dingtalk-bridge/${path}`;
      }),
    );
    const named = Object.values(config.robots).flatMap((robot) =>
      [robot.accessTokenFile, robot.signingSecretFile].filter((file) => file !== undefined),
    );
    expect(mounted.sort()).toEqual(named.sort());
  });

  it("shares a robot's rate between replicas", async () => {
    const config = parseConfig(JSON.parse(configText(await build({ replicas: 3 }))));
    expect(config.robots["oncall"]?.ratePerMinute).toBe(6);
    expect(config.robots["team"]?.ratePerMinute).toBe(3);
  });

  it("keeps credentials in the Secrets alone", async () => {
    const run = await build();
    for (const resource of run.resources) {
      const text = JSON.stringify([resource.inputs, resource.outputs]);
      const holds = text.includes(TOKEN) || text.includes(SIGNING);
      expect(holds, resource.urn).toBe(resource.type === "kubernetes:core/v1:Secret");
      if (holds) expect(resource.secretPaths.some((path) => path.startsWith("stringData"))).toBe(true);
    }
  });

  it("rolls its pods when the configuration changes, and not when a secret does", async () => {
    const sum = async (args: Partial<DingTalkBridgeArgs>) =>
      at((await build(args)).find("Deployment").inputs, "spec.template.metadata.annotations") as Record<
        string,
        string
      >;
    const one = await sum(robots({}));
    expect(await sum(robots({ accessToken: "another" }))).toEqual(one);
    expect(await sum(robots({ keyword: "vLLM" }))).not.toEqual(one);
  });

  it("lets Alertmanager and Prometheus in, and others on request", async () => {
    const more = { namespaceSelector: { matchLabels: { team: "sre" } } };
    const run = await build({ ingressFrom: [more] });
    const from = at(run.find("NetworkPolicy").inputs, "spec.ingress[0].from") as object[];
    expect(from).toHaveLength(2);
    expect(JSON.stringify(from[0])).toContain('["alertmanager","prometheus"]');
    expect(from[1]).toEqual(more);
  });

  it("returns the address that receivers use", async () => {
    expect((await build()).find("vllm-monitoring:index:DingTalkBridge").outputs).toEqual({
      url: "http://dingtalk-bridge.monitoring.svc:8060",
      deploymentName: "dingtalk-bridge",
    });
  });

  const refusals: [string, Partial<DingTalkBridgeArgs>, RegExp][] = [
    ["no robot", { robots: [] }, /robots must hold a robot/],
    [
      "two robots of one name",
      {
        robots: [
          { name: "a", accessToken: "x" },
          { name: "a", accessToken: "y" },
        ],
      },
      /robots\[1\]\.name must be unique/,
    ],
    [
      "a robot name that is no part of an address",
      robots({ name: "On Call" }),
      /robots\[0\]\.name must be a DNS label/,
    ],
    ["no token", robots({ accessToken: "" }), /robots\[0\]\.accessToken must not be empty/],
    [
      "an empty signing secret",
      robots({ signingSecret: "" }),
      /robots\[0\]\.signingSecret must not be empty/,
    ],
    ["an empty keyword", robots({ keyword: " " }), /robots\[0\]\.keyword must not be empty/],
    [
      "an unknown message type",
      robots({ messageType: "card" as never }),
      /robots\[0\]\.messageType must be one of/,
    ],
    [
      "a token in clear over the network",
      robots({ endpoint: "http://robot.example.com/send" }),
      /token in clear/,
    ],
    [
      "a token in the endpoint",
      robots({ endpoint: "https://oapi.dingtalk.com/robot/send?access_token=abc" }),
      /must not hold a credential/,
    ],
    ["an endpoint that is none", robots({ endpoint: "robot" }), /endpoint must be an https URL/],
    ["more than DingTalk takes", robots({ ratePerMinute: 21 }), /ratePerMinute must be at most 20/],
    [
      "fewer messages than replicas",
      { ...robots({ ratePerMinute: 2 }), replicas: 3 },
      /must give each of the 3 replicas/,
    ],
    ["no replica", { replicas: 0 }, /replicas must be a whole number/],
    ["a moving tag", { image: "bridge:latest" }, /image must name a fixed version/],
    ["no tag at all", { image: "localhost:5000/bridge" }, /image must name a fixed version/],
    ["an unknown time zone", { timezone: "Mars/Base" }, /timezone must be an IANA time zone/],
    [
      "an address without scheme",
      { alertmanagerUrl: "alerts.example.com" },
      /alertmanagerUrl must be an http/,
    ],
    ["a namespace that is none", { namespace: "A" }, /namespace must be a DNS label/],
  ];
  it.each(refusals)("refuses %s", async (_, args, message) => {
    await expect(build(args)).rejects.toThrow(message);
  });

  it("never shows a token in an error", async () => {
    const wrong = robots({
      name: "No",
      accessToken: pulumi.secret(TOKEN),
      endpoint: `https://x/?access_token=${TOKEN}`,
    });
    const error: unknown = await build(wrong).catch((reason: unknown) => reason);
    expect(String(error)).toMatch(/robots/);
    expect(String(error)).not.toContain(TOKEN);
  });
});
