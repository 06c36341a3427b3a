/** Refused engines of a gateway. */
import { requireInteger } from "../support/validation.ts";
import { engineKeyVariable } from "./config-file.ts";
import type { GatewayRule } from "./rules.ts";

export const MODEL_RULES: readonly GatewayRule[] = [
  ({ models }, report) => {
    if (models.length === 0) {
      report("models", [], "must hold an engine", "add one, or leave the gateway out");
    }
  },
  ({ models }, report) => {
    models.forEach(({ id }, index) => {
      const path = `models[${String(index)}].id`;
      if (!/^[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/.test(id)) {
        report(
          path,
          id,
          "must be letters, digits, '-', '_' and '.', at most 63",
          "take the deployment's name",
        );
      }
      const twin = models.findIndex((other) => other.id === id);
      if (twin !== index) {
        report(path, id, `is that of models[${String(twin)}] too`, "give each engine its own");
      }
    });
  },
  ({ models }, report) => {
    const variables = models.map((model) =>
      model.apiKeySecret === undefined ? "" : engineKeyVariable(model.id),
    );
    variables.forEach((variable, index) => {
      if (variable === "" || variables.indexOf(variable) === index) return;
      const reason = "gives its key the same variable as another id, from which it differs by signs only";
      report(`models[${String(index)}].id`, models[index]?.id, reason, "rename one of the two");
    });
  },
  // Each field of its own, so that an endpoint that comes later hides nothing else.
  ...(["name", "servedName"] as const).map((field): GatewayRule => ({ models }, report) => {
    models.forEach((model, index) => {
      const value = model[field];
      if (field === "servedName" && value === undefined) return;
      if (value !== undefined && /^[^\s"\\{}]{1,200}$/.test(value)) return;
      const reason = "must be a model name of 200 characters at most, without spaces or quotes";
      report(`models[${String(index)}].${field}`, value, reason, "write it as clients do");
    });
  }),
  ({ models }, report) => {
    models.forEach(({ endpoint }, index) => {
      const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
      const isBase = url !== undefined && /^https?:$/.test(url.protocol) && /^\/*$/.test(url.pathname);
      if (isBase && url.username === "" && url.search === "" && url.hash === "") return;
      const reason = "must be an http(s) URL without path, query or credentials";
      report(`models[${String(index)}].endpoint`, endpoint, reason, "write http://name.namespace.svc:8000");
    });
  },
  ({ models }, report) => {
    models.forEach(({ timeoutSeconds, maxParallelRequests }, index) => {
      requireInteger(report, `models[${String(index)}].timeoutSeconds`, timeoutSeconds, 1);
      requireInteger(report, `models[${String(index)}].maxParallelRequests`, maxParallelRequests, 1);
    });
  },
  ({ models }, report) => {
    models.forEach((model, index) => {
      for (const field of ["promptPricePerMillion", "outputPricePerMillion"] as const) {
        const price = model[field];
        if (price === undefined || (Number.isFinite(price) && price >= 0)) continue;
        report(`models[${String(index)}].${field}`, price, "must be dollars, 0 or more", "correct the price");
      }
    });
  },
  ({ models, routing }, report) => {
    const names = models.map(({ name }) => name);
    for (const [from, targets] of Object.entries(routing?.fallbacks ?? {})) {
      const path = `routing.fallbacks[${JSON.stringify(from)}]`;
      if (!names.includes(from)) {
        report(path, from, "is the name of no model", `choose from ${[...new Set(names)].join(", ")}`);
      }
      for (const target of targets) {
        if (target === from) report(path, target, "falls back to itself", "name another model");
        else if (!names.includes(target)) {
          report(path, target, "is the name of no model", `choose from ${[...new Set(names)].join(", ")}`);
        }
      }
    }
  },
];
