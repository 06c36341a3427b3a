import { layout, type LocalEnvironment } from "../environment/environment.ts";
import type { ProcessSpec } from "../environment/processes.ts";
import { toolPath } from "../toolchain/tools.ts";
import { kubeconfigFile } from "./credentials.ts";

/** etcd, on loopback without TLS: nothing but the API server beside it talks to it. */
export function etcd(environment: LocalEnvironment): ProcessSpec {
  const { ports } = environment;
  const client = `http://127.0.0.1:${String(ports.etcdClient)}`;
  const peer = `http://127.0.0.1:${String(ports.etcdPeer)}`;
  return {
    name: "etcd",
    command: toolPath("etcd"),
    args: [
      `--data-dir=${layout(environment).etcd}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      // A crash of the machine may lose the last writes; a crash of the process does not. Worth 5x in speed here.
      "--unsafe-no-fsync",
      "--auto-compaction-mode=periodic",
      "--auto-compaction-retention=1h",
      "--log-level=warn",
    ],
  };
}

/** kube-apiserver with RBAC in force, as in a real cluster. */
export function apiServer(environment: LocalEnvironment): ProcessSpec {
  const files = layout(environment);
  return {
    name: "kube-apiserver",
    command: toolPath("kube-apiserver"),
    args: [
      `--etcd-servers=http://127.0.0.1:${String(environment.ports.etcdClient)}`,
      "--bind-address=127.0.0.1",
      `--secure-port=${String(environment.ports.apiServer)}`,
      `--cert-dir=${files.certificates}`,
      `--token-auth-file=${files.tokens}`,
      "--authorization-mode=RBAC",
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-account-key-file=${files.serviceAccountKey}`,
      `--service-account-signing-key-file=${files.serviceAccountKey}`,
      `--service-cluster-ip-range=${environment.serviceCidr}`,
      // The reconciler refuses a loopback address; nobody uses the endpoints of the "kubernetes" Service here.
      "--endpoint-reconciler-type=none",
      "--profiling=false",
    ],
  };
}

/** kube-controller-manager with the controllers that make sense without machines. */
export function controllerManager(environment: LocalEnvironment): ProcessSpec {
  const files = layout(environment);
  return {
    name: "kube-controller-manager",
    command: toolPath("kube-controller-manager"),
    args: [
      `--kubeconfig=${kubeconfigFile(environment, "system:kube-controller-manager")}`,
      `--service-account-private-key-file=${files.serviceAccountKey}`,
      `--root-ca-file=${files.certificates}/apiserver.crt`,
      "--use-service-account-credentials=true",
      // Endpoints must not be loopback addresses of family IPv4: the node agent publishes the slices instead.
      "--controllers=*,-endpoints-controller,-endpointslice-controller,-endpointslice-mirroring-controller",
      "--leader-elect=false",
      "--secure-port=0",
      "--profiling=false",
    ],
  };
}

/** kube-scheduler. */
export function scheduler(environment: LocalEnvironment): ProcessSpec {
  return {
    name: "kube-scheduler",
    command: toolPath("kube-scheduler"),
    args: [
      `--kubeconfig=${kubeconfigFile(environment, "system:kube-scheduler")}`,
      "--leader-elect=false",
      "--secure-port=0",
      "--profiling=false",
    ],
  };
}

/** kwok: keeps the nodes alive and gives each pod its loopback address. */
export function kwok(environment: LocalEnvironment): ProcessSpec {
  return {
    name: "kwok",
    command: toolPath("kwok"),
    args: [
      `--kubeconfig=${kubeconfigFile(environment, "kwok")}`,
      `--config=${layout(environment).stages}`,
      "--manage-all-nodes=true",
      `--cidr=${environment.podCidr}`,
      "--node-ip=127.0.0.1",
      `--node-port=${String(environment.ports.nodeAgent)}`,
      `--server-address=127.0.0.1:${String(environment.ports.kwok)}`,
    ],
  };
}
