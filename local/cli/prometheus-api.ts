import { getJson } from "../environment/http.ts";

/** What the HTTP API of Prometheus answers (https://prometheus.io/docs/prometheus/latest/querying/api/). */
interface Envelope<T> {
  readonly status: "success" | "error";
  readonly data: T;
}

/** A scrape target that relabelling kept. */
export interface ActiveTarget {
  readonly scrapePool: string;
  readonly scrapeUrl: string;
  readonly health: "up" | "down" | "unknown";
  readonly lastError: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A target that relabelling dropped. */
export interface DroppedTarget {
  readonly scrapePool?: string;
  readonly discoveredLabels: Readonly<Record<string, string>>;
}

/** One rule of a group as Prometheus evaluates it. */
export interface EvaluatedRule {
  readonly name: string;
  readonly type: "alerting" | "recording";
  /** The expression. */
  readonly query: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Seconds between two evaluations of its group. */
  readonly interval?: number;
  readonly health: "ok" | "err" | "unknown";
  readonly lastError?: string;
}

/** An alert that is pending or firing. */
export interface ActiveAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: "pending" | "firing";
  readonly activeAt: string;
  readonly value: string;
}

/** One series of an instant query. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  /** Unix time in seconds, and the value as text. */
  readonly value: readonly [number, string];
}

/** Client of one Prometheus. */
export class PrometheusApi {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  private async get<T>(path: string): Promise<T> {
    return (await getJson<Envelope<T>>(`${this.url}/api/v1/${path}`)).data;
  }

  /** All targets, kept and dropped. */
  async targets(): Promise<{
    readonly activeTargets: readonly ActiveTarget[];
    readonly droppedTargets: readonly DroppedTarget[];
  }> {
    return await this.get("targets");
  }

  /** When it started, RFC 3339. */
  async runtime(): Promise<{ readonly startTime: string }> {
    return await this.get("status/runtimeinfo");
  }

  /** All rules of all groups. */
  async rules(): Promise<readonly EvaluatedRule[]> {
    const { groups } = await this.get<{ groups: { interval: number; rules: EvaluatedRule[] }[] }>("rules");
    return groups.flatMap(({ interval, rules }) => rules.map((rule) => ({ ...rule, interval })));
  }

  /** Alerts that are pending or firing. */
  async alerts(): Promise<readonly ActiveAlert[]> {
    return (await this.get<{ alerts: ActiveAlert[] }>("alerts")).alerts;
  }

  /** An instant query; the result has to be a vector. */
  async query(expression: string): Promise<readonly Sample[]> {
    const path = `query?${new URLSearchParams({ query: expression }).toString()}`;
    return (await this.get<{ result: Sample[] }>(path)).result;
  }
}
