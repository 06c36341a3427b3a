/** What is refused of the arguments of `GrafanaContent`. */
import type * as pulumi from "@pulumi/pulumi";
import { requireDnsLabel, requireOneOf, type Rule } from "../support/validation.ts";
import { GrafanaContactPointKind, GrafanaFolderRight, type GrafanaContentArgs } from "./content-args.ts";
import { dashboardRule } from "./dashboard-rules.ts";

type Checked = pulumi.Unwrap<GrafanaContentArgs & { componentName: string }>;

const UID = /^[A-Za-z0-9_-]{1,40}$/;

export function contentRules(args: GrafanaContentArgs, hasProvider: boolean): Rule<Checked>[] {
  const needsProvider: Rule<Checked> = (_, report) => {
    if (hasProvider) return;
    const remedy = "give new grafana.Provider(…, { url, auth }) among the component's options";
    report(
      "provider",
      undefined,
      "is required: Grafana's address and token are never taken from the surroundings",
      remedy,
    );
  };
  if (!Array.isArray(args.dashboards)) {
    return [
      needsProvider,
      (_, report) => {
        report(
          "dashboards",
          "no list",
          "must be a plain list",
          "make only the json of its elements an output",
        );
      },
    ];
  }
  return [needsProvider, ...RULES, ...args.dashboards.map((_, index) => dashboardRule(index))];
}

const RULES: Rule<Checked>[] = [
  ({ componentName, folderUid }, report) => {
    requireDnsLabel(report, "name", componentName, 40);
    if (folderUid === undefined || UID.test(folderUid)) return;
    report("folderUid", folderUid, "is no uid of Grafana", "write at most 40 letters, digits, _ and -");
  },
  ({ dataSource }, report) => {
    if (dataSource === undefined) return;
    const { url, uid, scrapeInterval, bearerToken, basicAuth } = dataSource;
    if (!/^https?:\/\/[^\s/]+/.test(url))
      report(
        "dataSource.url",
        url,
        "is no address with http or https",
        "write one such as https://prometheus.example.com",
      );
    else if (/^https?:\/\/[^/]*@/.test(url))
      report(
        "dataSource.url",
        "…@…",
        "holds a user name or password",
        "move them to basicAuth, which is kept secret",
      );
    if (uid !== undefined && !UID.test(uid))
      report("dataSource.uid", uid, "is no uid of Grafana", "write at most 40 letters, digits, _ and -");
    if (scrapeInterval !== undefined && !/^\d+(ms|s|m)$/.test(scrapeInterval))
      report("dataSource.scrapeInterval", scrapeInterval, "is no duration", "write one such as 15s");
    if (bearerToken !== undefined && basicAuth !== undefined)
      report("dataSource.basicAuth", "given", "can't be together with bearerToken", "leave one of them out");
    if ((bearerToken !== undefined || basicAuth !== undefined) && url.startsWith("http:"))
      report(
        "dataSource.url",
        url,
        "would send credentials in clear",
        "write https, or leave the credentials out",
      );
  },
  ({ contactPoints = [] }, report) => {
    contactPoints.forEach((point, index) => {
      const path = `contactPoints[${String(index)}]`;
      if (point.name === "") report(`${path}.name`, point.name, "must not be empty", "name it");
      if (contactPoints.findIndex(({ name }) => name === point.name) < index)
        report(`${path}.name`, point.name, "is used twice", "give each contact point its own name");
      requireOneOf(report, `${path}.kind`, point.kind, GrafanaContactPointKind);
      const isMail = point.kind === GrafanaContactPointKind.Email;
      if (isMail && (point.addresses ?? []).length === 0)
        report(`${path}.addresses`, point.addresses, "must name somebody", "list the recipients");
      if (isMail && point.secret !== undefined)
        report(
          `${path}.secret`,
          "given",
          "is not for e-mail, which Grafana's own server sends",
          "leave it out",
        );
      if (!isMail && !point.secret)
        report(
          `${path}.secret`,
          point.secret === undefined ? undefined : "empty",
          "is required",
          "give the URL or key of the receiver",
        );
      if (!isMail && point.addresses !== undefined)
        report(`${path}.addresses`, point.addresses, "is for e-mail only", "leave it out");
    });
  },
  ({ rights = [] }, report) => {
    rights.forEach(({ teamId, role, right }, index) => {
      const path = `rights[${String(index)}]`;
      if ((teamId === undefined) === (role === undefined))
        report(
          `${path}.teamId`,
          teamId,
          "and role exclude each other, and one is needed",
          "name a team or a role",
        );
      requireOneOf(report, `${path}.role`, role, { Viewer: "Viewer", Editor: "Editor" });
      requireOneOf(report, `${path}.right`, right, GrafanaFolderRight);
    });
  },
];
