/** User data of GPU nodes: the part that EKS does not write itself. */
import type { AmiFacts } from "./ami.ts";

const BOUNDARY = "vllm-monitoring-node";

/** NodeConfig of nodeadm: join the instance store's disks to a RAID 0 for kubelet and containerd. */
const al2023NodeConfig = `apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
spec:
  instance:
    localStorage:
      strategy: RAID0
`;

/** A MIME document, because EKS puts its own part with the cluster's address next to it. */
const al2023UserData = [
  "MIME-Version: 1.0",
  `Content-Type: multipart/mixed; boundary="${BOUNDARY}"`,
  "",
  `--${BOUNDARY}`,
  "Content-Type: application/node.eks.aws",
  "",
  al2023NodeConfig,
  `--${BOUNDARY}--`,
  "",
].join("\n");

/** The same for Bottlerocket (1.22 and newer): its API makes the array and mounts it over the three directories. */
const bottlerocketUserData = `[settings.bootstrap-commands.instance-store]
commands = [
  ["apiclient", "ephemeral-storage", "init"],
  ["apiclient", "ephemeral-storage", "bind", "--dirs", "/var/lib/containerd", "/var/lib/kubelet", "/var/log/pods"],
]
essential = true
mode = "always"
`;

/** User data that put node-local storage on the instance store; undefined when the node has the volume only. */
export function nodeUserData(ami: AmiFacts, useInstanceStore: boolean): string | undefined {
  if (!useInstanceStore) return undefined;
  return ami.family === "bottlerocket" ? bottlerocketUserData : al2023UserData;
}
