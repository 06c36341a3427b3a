import type { RemoteWriteArgs, RemoteWriteQueueArgs } from "../../components/kube-prometheus.ts";
import { remoteWriteQueue, TENANT_HEADER } from "../../components/kube-prometheus/remote-write-queue.ts";
import type { RemoteWriteSettings } from "../config/remote-write.ts";
import type { Settings } from "../config/settings.ts";
import { durationSeconds } from "../config/types.ts";
import { given } from "./fields.ts";
import type { StackSecret } from "./secrets.ts";

const TOKEN = "token";
const USERNAME = "username";
const PASSWORD = "password";

const secretNameOf = ({ name }: RemoteWriteSettings): string => `remote-write-${name}`;

/** Where Prometheus sends its samples. */
export function remoteWriteArgs(settings: Settings): RemoteWriteArgs[] {
  return settings.monitoring.prometheus.remoteWrite.map((target) => ({
    name: target.name,
    url: target.url,
    ...(target.tenant === undefined ? {} : { headers: { [TENANT_HEADER]: target.tenant } }),
    messageVersion: target.protocol,
    timeout: target.timeout,
    ...(target.keepMetrics === undefined
      ? {}
      : {
          writeRelabelings: [{ sourceLabels: ["__name__"], regex: target.keepMetrics, action: "keep" }],
        }),
    ...authenticationArgs(target),
    queue: queueOf(target, settings.thanos.expectedSeries, settings.monitoring.scrapeInterval),
  }));
}

/** The queue for the series that the environment expects. @throws Error when the receiver may not be asked often enough */
export function queueOf(
  { requestMilliseconds, maximumRequests }: RemoteWriteSettings,
  series: number,
  scrapeInterval: string,
): RemoteWriteQueueArgs {
  return remoteWriteQueue({
    series,
    scrapeIntervalSeconds: durationSeconds(scrapeInterval),
    requestSeconds: requestMilliseconds / 1000,
    maximumRequests,
  });
}

function authenticationArgs(
  target: RemoteWriteSettings,
): Pick<RemoteWriteArgs, "basicAuth" | "bearerToken" | "sigV4"> {
  const { authentication } = target;
  const name = secretNameOf(target);
  switch (authentication?.kind) {
    case undefined:
      return {};
    case "bearer":
      return { bearerToken: { name, key: TOKEN } };
    case "basic":
      return { basicAuth: { username: { name, key: USERNAME }, password: { name, key: PASSWORD } } };
    case "sigv4":
      return { sigV4: { region: authentication.region, ...given("roleArn", authentication.roleArn) } };
  }
}

/** Secrets that the receivers' credentials need. */
export function remoteWriteSecrets({ monitoring }: Settings): StackSecret[] {
  return monitoring.prometheus.remoteWrite.flatMap((target): StackSecret[] => {
    const { authentication } = target;
    const name = secretNameOf(target);
    switch (authentication?.kind) {
      case "bearer":
        return [{ name, entries: { [TOKEN]: { configKey: authentication.tokenFromSecret } } }];
      case "basic":
        return [
          {
            name,
            entries: {
              [USERNAME]: { value: authentication.username },
              [PASSWORD]: { configKey: authentication.passwordFromSecret },
            },
          },
        ];
      default:
        return [];
    }
  });
}
