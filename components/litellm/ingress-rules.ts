/** Refused ways in. */
import { requireDnsLabel, requireOneOf } from "../support/validation.ts";
import { DEFAULT_PATHS, isBelow } from "./ingress.ts";
import { GatewayIngressKind } from "./ingress-args.ts";
import type { GatewayRule } from "./rules.ts";

/** Paths that nobody outside may reach: metrics, and what changes keys, models and settings or tells of them. */
const CLOSED_PATHS = [
  "/metrics",
  "/key",
  "/user",
  "/team",
  "/organization",
  "/customer",
  "/budget",
  "/model",
  "/config",
  "/health",
  "/spend",
  "/global",
  "/credentials",
  "/cache",
];

export const INGRESS_RULES: readonly GatewayRule[] = [
  ({ ingress }, report) => {
    requireOneOf(report, "ingress.kind", ingress?.kind, GatewayIngressKind);
  },
  ({ ingress }, report) => {
    if (ingress === undefined) return;
    const wrong = ingress.kind === GatewayIngressKind.Nginx ? "gatewayApi" : "nginx";
    if (ingress[wrong] === undefined) return;
    report(`ingress.${wrong}`, "{…}", `is not used by kind ${ingress.kind}`, "remove it, or change the kind");
  },
  ({ ingress }, report) => {
    if (ingress === undefined) return;
    if (ingress.hosts.length === 0) report("ingress.hosts", [], "must name a host", "write llm.example.com");
    ingress.hosts.forEach((host, index) => {
      if (/^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$/.test(host)) return;
      report(`ingress.hosts[${String(index)}]`, host, "must be a host name", "write llm.example.com");
    });
  },
  ({ ingress }, report) => {
    if (ingress === undefined) return;
    const paths = ingress.paths ?? [...DEFAULT_PATHS];
    if (paths.length === 0) report("ingress.paths", [], "must hold a path", "leave it out for /v1");
    paths.forEach((path, index) => {
      const at = `ingress.paths[${String(index)}]`;
      if (!/^\/([A-Za-z0-9._~-]+\/?)*$/.test(path) || /(^|\/)\.{1,2}(\/|$)/.test(path)) {
        report(at, path, "must be an absolute path of plain elements", "write /v1");
        return;
      }
      const open = CLOSED_PATHS.filter((closed) => isBelow(closed, path) || isBelow(path, closed));
      if (open.length === 0) return;
      report(at, path, `would open ${open.join(", ")} to the outside`, "name the API's paths, such as /v1");
    });
  },
  ({ ingress }, report) => {
    if (ingress?.kind !== GatewayIngressKind.Nginx) return;
    const { tlsSecret, allowPlainHttp, className, controllerNamespace } = ingress.nginx ?? {};
    if (tlsSecret === undefined && allowPlainHttp !== true) {
      const remedy =
        "name the Secret with the certificate, or set allowPlainHttp where TLS ends in front of it";
      report("ingress.nginx.tlsSecret", undefined, "is required: keys would travel in clear", remedy);
    }
    requireDnsLabel(report, "ingress.nginx.className", className);
    requireDnsLabel(report, "ingress.nginx.controllerNamespace", controllerNamespace);
  },
  ({ ingress }, report) => {
    if (ingress?.kind !== GatewayIngressKind.GatewayApi) return;
    const { gateway, gatewayNamespace, dataPlaneNamespace } = ingress.gatewayApi ?? {};
    if (gateway === undefined) {
      report(
        "ingress.gatewayApi.gateway",
        undefined,
        "is required",
        "name the Gateway that has the listener",
      );
    }
    requireDnsLabel(report, "ingress.gatewayApi.gatewayNamespace", gatewayNamespace);
    requireDnsLabel(report, "ingress.gatewayApi.dataPlaneNamespace", dataPlaneNamespace);
  },
];
