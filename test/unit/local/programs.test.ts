import { describe, expect, it } from "vitest";

import {
  commandLine,
  imageName,
  programOf,
  resolveCommand,
  shimDirectory,
} from "../../../local/node/programs.ts";
import { containerEnvironment } from "../../../local/node/environment.ts";
import { podResources, podResourcesOf } from "../../../local/node/devices.ts";
import { readOnlyHostPath } from "../../../local/node/volumes.ts";
import { ProbeCounter } from "../../../local/node/probes.ts";

describe("imageName", () => {
  it.each([
    ["prometheus", "prometheus"],
    ["quay.io/prometheus/prometheus:v3.13.2", "prometheus"],
    ["registry:5000/a/vllm-openai:v0.33.0@sha256:00", "vllm-openai"],
  ])("of %s is %s", (image, name) => {
    expect(imageName(image)).toBe(name);
  });
});

describe("programs", () => {
  it("bind their listeners to the pod's address", () => {
    const adapt = programOf("quay.io/prometheus/alertmanager:v1")?.adapt;
    expect(adapt?.(["--web.listen-address=:9093", "--cluster.listen-address="], "127.10.0.2")).toEqual([
      "--web.listen-address=127.10.0.2:9093",
      "--cluster.listen-address=",
    ]);
    expect(programOf("prometheus")?.adapt?.([], "127.10.0.2")).toEqual([
      "--web.listen-address=127.10.0.2:9090",
    ]);
    const reloader = programOf("prometheus-config-reloader")?.adapt;
    expect(
      reloader?.(["--listen-address=:8080", "--reload-url=http://127.0.0.1:9090/-/reload"], "127.10.0.2"),
    ).toEqual(["--listen-address=127.10.0.2:8080", "--reload-url=http://127.10.0.2:9090/-/reload"]);
  });

  it("bind both listeners of Thanos, and ask Prometheus in the same pod", () => {
    const adapt = programOf("quay.io/thanos/thanos:v0.42.4")?.adapt;
    expect(
      adapt?.(
        [
          "sidecar",
          "--prometheus.url=http://localhost:9090/",
          "--grpc-address=:10901",
          "--http-address=0.0.0.0:10902",
        ],
        "127.10.0.2",
      ),
    ).toEqual([
      "sidecar",
      "--prometheus.url=http://127.10.0.2:9090/",
      "--grpc-address=127.10.0.2:10901",
      "--http-address=127.10.0.2:10902",
    ]);
  });

  it("find the API server and the pod's address where a program takes neither from its environment", () => {
    const adapt = programOf("registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.19.1")?.adapt;
    expect(adapt?.(["--port=8080"], "127.10.0.2")).toEqual([
      "--port=8080",
      "--host=127.10.0.2",
      "--telemetry-host=127.10.0.2",
      "--kubeconfig=kubeconfig",
    ]);
    const exporter = programOf("quay.io/prometheus/node-exporter:v1.12.1")?.adapt;
    expect(exporter?.(["--web.listen-address=[127.10.0.2]:9100"], "127.10.0.2")).toEqual([
      "--web.listen-address=[127.10.0.2]:9100",
    ]);
  });

  it("are none for an image that nothing here stands for", () => {
    expect(programOf("nvcr.io/nvidia/k8s-device-plugin:v1")).toBeUndefined();
  });

  it("run a container's own command where it gives one", () => {
    const program = programOf("vllm/vllm-openai:v0.33.0");
    if (program === undefined) {
      throw new Error("the simulator stands for vllm-openai");
    }
    expect(resolveCommand(program, undefined)).toEqual([`${shimDirectory}/vllm`, "serve"]);
    expect(resolveCommand(program, ["/bin/sh", "-c", "exec vllm serve"])).toEqual([
      "/bin/sh",
      "-c",
      "exec vllm serve",
    ]);
  });
});

describe("a hostPath volume", () => {
  const volume = { name: "root", hostPath: { path: "/" } };
  const pod = (mounts: { name: string; readOnly?: boolean }[]) => ({
    spec: {
      containers: [
        { name: "a", volumeMounts: mounts.map((mount) => ({ mountPath: "/host/root", ...mount })) },
      ],
      volumes: [volume],
    },
  });

  it("is this machine's folder where it is mounted read-only, and nowhere else", () => {
    expect(readOnlyHostPath(pod([{ name: "root", readOnly: true }]), volume, "/nodes")).toBe("/");
    expect(readOnlyHostPath(pod([{ name: "root" }]), volume, "/nodes")).toBeUndefined();
    const both = [{ name: "root", readOnly: true }, { name: "root" }];
    expect(readOnlyHostPath(pod(both), volume, "/nodes")).toBeUndefined();
    expect(readOnlyHostPath(pod([]), volume, "/nodes")).toBeUndefined();
    expect(
      readOnlyHostPath(pod([{ name: "a", readOnly: true }]), { name: "a", emptyDir: {} }, "/nodes"),
    ).toBeUndefined();
  });
});

it("what a kubelet keeps for its own node is the agent's folder of that node", () => {
  const mount = { name: "socket", mountPath: podResources, readOnly: true };
  const volumes = [{ name: "socket", hostPath: { path: podResources } }];
  const pod = { spec: { nodeName: "gpu-1", containers: [{ name: "a", volumeMounts: [mount] }], volumes } };
  expect(readOnlyHostPath(pod, volumes[0] ?? { name: "" }, "/nodes")).toBe(podResourcesOf("/nodes", "gpu-1"));
});

describe("commandLine", () => {
  const expand = (text: string): string => text.replace(/^\//, "/mounted/");

  it("expands what the container says, and leaves this machine's own paths alone", () => {
    const program = { entrypoint: () => ["/tmp/clone/bin/program", "serve"] };
    const container = { args: ["/tmp/model"] };
    expect(commandLine(program, container, "127.10.0.2", expand)).toEqual([
      "/tmp/clone/bin/program",
      "serve",
      "/mounted/tmp/model",
    ]);
  });

  it("expands the script that a container gives to a shell", () => {
    const container = { command: ["/bin/sh", "-c", "/tmp/run"], args: [] };
    const program = { entrypoint: () => ["unused"] };
    expect(commandLine(program, container, "127.10.0.2", expand)).toEqual([
      "/bin/sh",
      "-c",
      "/mounted/tmp/run",
    ]);
  });
});

describe("containerEnvironment", () => {
  const sources = {
    configMap: () => ({ data: { A: "from-map" } }),
    secret: () => ({ data: { B: Buffer.from("from-secret").toString("base64") } }),
  };
  const pod = { metadata: { name: "p", namespace: "n" }, status: { podIP: "127.10.0.2" } };

  it("resolves fields, keys and earlier variables", () => {
    const variables = containerEnvironment(
      pod,
      {
        name: "c",
        envFrom: [{ prefix: "X_", configMapRef: { name: "m" } }],
        env: [
          { name: "POD_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
          { name: "SECRET", valueFrom: { secretKeyRef: { name: "s", key: "B" } } },
          { name: "URL", value: "http://$(POD_IP)/$(MISSING)" },
        ],
      },
      sources,
    );
    expect(Object.fromEntries(variables)).toEqual({
      X_A: "from-map",
      POD_IP: "127.10.0.2",
      SECRET: "from-secret",
      URL: "http://127.10.0.2/$(MISSING)",
    });
  });
});

describe("ProbeCounter", () => {
  it("reaches a verdict after consecutive answers only", () => {
    const counter = new ProbeCounter({ failureThreshold: 2, successThreshold: 2 });
    expect([true, false, true, true, false, false].map((answer) => counter.record(answer))).toEqual([
      undefined,
      undefined,
      undefined,
      "success",
      undefined,
      "failure",
    ]);
  });
});
