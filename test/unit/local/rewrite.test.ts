import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { expandVariables, rewriteText } from "../../../local/node/rewrite.ts";

const paths = new Map([
  ["/prometheus", "/state/volumes/db"],
  ["/etc/prometheus", "/state/volumes/etc"],
  ["/etc/prometheus/rules", "/state/volumes/rules"],
]);
const names = new Map([
  ["bridge.monitoring.svc", "127.11.0.9"],
  ["_grpc._tcp.store.monitoring.svc", "127.10.0.4:10901"],
]);
const rewrite = (text: string): string => rewriteText(text, { paths, names });

describe("rewriteText", () => {
  it("replaces a mount path as a whole and as the beginning of a path", () => {
    expect(rewrite("--storage.tsdb.path=/prometheus")).toBe("--storage.tsdb.path=/state/volumes/db");
    expect(rewrite('- "/etc/prometheus/x.yaml"')).toBe('- "/state/volumes/etc/x.yaml"');
  });

  it("prefers the longest mount path", () => {
    expect(rewrite("/etc/prometheus/rules/a/*.yaml")).toBe("/state/volumes/rules/a/*.yaml");
  });

  it("leaves words alone that only contain a mount path", () => {
    for (const text of [
      "quay.io/prometheus/prometheus:v3.13.2",
      "/etc/prometheus-other/x",
      "http://host/prometheus/api",
      "/prometheus.yml",
    ]) {
      expect(rewrite(text)).toBe(text);
    }
  });

  it("replaces what would be looked up as an SRV record by an address with its port", () => {
    expect(rewrite("- address: dnssrv+_grpc._tcp.store.monitoring.svc")).toBe("- address: 127.10.0.4:10901");
    expect(rewrite("dnssrvnoa+_grpc._tcp.store.monitoring.svc.")).toBe("127.10.0.4:10901");
    const unknown = "dnssrv+_http._tcp.store.monitoring.svc";
    expect(rewrite(unknown)).toBe(unknown);
  });

  it("replaces a Service's name in every form that cluster DNS takes", () => {
    for (const name of [
      "bridge.monitoring.svc",
      "bridge.monitoring.svc.cluster.local",
      "bridge.monitoring.svc.",
    ]) {
      expect(rewrite(`http://${name}:8060/x`)).toBe("http://127.11.0.9:8060/x");
    }
    expect(rewrite("http://other.bridge.monitoring.svc:1/")).toBe("http://other.bridge.monitoring.svc:1/");
    expect(rewrite("http://bridge.monitoring.svcx:1/")).toBe("http://bridge.monitoring.svcx:1/");
  });

  it("leaves the name alone that a server's certificate has to bear", () => {
    for (const text of ["server_name: bridge.monitoring.svc", 'server_name: "bridge.monitoring.svc"']) {
      expect(rewrite(text)).toBe(text);
    }
    expect(rewrite("server_names: bridge.monitoring.svc")).toBe("server_names: 127.11.0.9");
  });

  it("never changes a text without a known path or name", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!text.includes("/prometheus") && !text.includes("bridge.monitoring.svc"));
        expect(rewrite(text)).toBe(text);
      }),
    );
  });
});

describe("expandVariables", () => {
  const variables = new Map([["POD_NAME", "prometheus-0"]]);

  it("expands known names, keeps unknown ones and unescapes $$", () => {
    expect(expandVariables("$(POD_NAME)-$(SHARD)-$$(POD_NAME)", variables)).toBe(
      "prometheus-0-$(SHARD)-$(POD_NAME)",
    );
  });

  it("does not expand what an expansion gave", () => {
    expect(expandVariables("$(A)", new Map([["A", "$(A)"]]))).toBe("$(A)");
  });
});
