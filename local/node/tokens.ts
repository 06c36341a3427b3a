import type { CoreV1Api, V1Pod } from "@kubernetes/client-node";

/** Share of a token's life after which a new one is asked for, as the kubelet does. */
const renewAfter = 0.8;

interface Cached {
  readonly token: Promise<string>;
  readonly renewAt: number;
}

/** Tokens of pods' ServiceAccounts, each bound to its pod and renewed before it ends. */
export class TokenCache {
  private readonly core: CoreV1Api;
  private readonly cache = new Map<string, Cached>();

  constructor(core: CoreV1Api) {
    this.core = core;
  }

  /** A token that is valid now. */
  async get(pod: V1Pod, audience: string | undefined, expirationSeconds = 3600): Promise<string> {
    const { namespace = "", name = "", uid = "" } = pod.metadata ?? {};
    const key = `${uid} ${audience ?? ""}`;
    const cached = this.cache.get(key);
    if (cached !== undefined && Date.now() < cached.renewAt) {
      return await cached.token;
    }
    const token = this.core
      .createNamespacedServiceAccountToken({
        namespace,
        name: pod.spec?.serviceAccountName ?? "default",
        body: {
          apiVersion: "authentication.k8s.io/v1",
          kind: "TokenRequest",
          spec: {
            audiences: audience === undefined ? [] : [audience],
            expirationSeconds,
            boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid },
          },
        },
      })
      .then((answer) => answer.status?.token ?? "");
    this.cache.set(key, { token, renewAt: Date.now() + expirationSeconds * renewAfter * 1000 });
    token.catch(() => this.cache.delete(key));
    return await token;
  }
}
