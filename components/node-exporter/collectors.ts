/** Collectors of node-exporter 1.12 that this project's rules and dashboards read. Source: its collector/*.go. */

/** The kernel's counters of the whole machine. */
const MACHINE_COLLECTORS = [
  "cpu",
  "diskstats",
  "filefd",
  "filesystem",
  "loadavg",
  "meminfo",
  "pressure",
  "stat",
  "time",
  "timex",
  "uname",
  "vmstat",
];

/** What the kernel counts for each network: only the host's own tells about the node. */
export const NETWORK_COLLECTORS = ["conntrack", "netdev", "netstat", "netclass", "sockstat", "softnet"];

/** Collectors unless told otherwise. */
export function defaultCollectors(isInHostNetwork: boolean): string[] {
  return [...MACHINE_COLLECTORS, ...(isInHostNetwork ? ["conntrack", "netdev"] : [])].sort();
}

/** Arguments that tell collectors what is the node's and what is its pods'. */
export function collectorArguments(collectors: readonly string[]): string[] {
  const settings: Record<string, string[]> = {
    filesystem: [
      "--collector.filesystem.mount-points-exclude=" +
        "^/(dev|proc|sys|run/containerd/.+|run/k3s/containerd/.+|var/lib/docker/.+|var/lib/containers/storage/.+|var/lib/kubelet/pods/.+)($|/)",
      "--collector.filesystem.fs-types-exclude=" +
        "^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|ramfs|rootfs|rpc_pipefs|securityfs|selinuxfs|squashfs|sysfs|tmpfs|tracefs)$",
    ],
    // A pod's end of its cable, by the names that Docker, Calico, Cilium, Flannel and the VPC CNI give it.
    netdev: [
      "--collector.netdev.device-exclude=^(veth.*|cali.*|lxc.*|cilium_.*|cni.*|flannel.*|eni[a-f0-9]{11})$",
    ],
    netclass: [
      "--collector.netclass.ignored-devices=^(veth.*|cali.*|lxc.*|cilium_.*|cni.*|flannel.*|eni[a-f0-9]{11})$",
    ],
  };
  return [
    "--collector.disable-defaults",
    ...collectors.map((name) => `--collector.${name}`),
    ...collectors.flatMap((name) => settings[name] ?? []),
  ];
}
