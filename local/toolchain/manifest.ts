/**
 * The programs that the embedded environment and the tests run, each built from a pinned Go module.
 *
 * A tool's folder under `modules/` is a small Go module ("wrapper") that requires the program's module and repeats its
 * `replace` lines, because Go ignores the replacements of a dependency. `go.sum` beside it pins every source byte.
 */

/** One binary of a tool. */
export interface Binary {
  /** File name of the binary, also the name that {@link toolPath} takes. */
  readonly name: string;
  /** Import path of its main package. */
  readonly package: string;
}

/** A Go module from which one or more binaries are built. */
export interface Tool {
  /** Folder under `modules/`. */
  readonly module: string;
  /** Import path of the module that is built. */
  readonly path: string;
  /** Version as in `go.mod`, e.g. `v0.93.1`. */
  readonly version: string;
  readonly binaries: readonly Binary[];
  /** Arguments of `-X`, each `import/path.Variable=value`. */
  readonly variables?: readonly string[];
  /** Go build tags. */
  readonly tags?: readonly string[];
}

const prometheusCommonVersion = (version: string): readonly string[] => [
  `github.com/prometheus/common/version.Version=${version}`,
];

/**
 * Pulumi's CLI in the versions that are known to work with this project, newest first, each with the npm SDK that it is
 * paired with. A version may be refused by one machine's module proxy and served by another's.
 */
export const pulumiVersions = [
  { cli: "v3.259.0", sdk: "3.259.0" },
  { cli: "v3.250.0", sdk: "3.250.0" },
] as const;

/** Every tool except the Pulumi CLI, in the order in which they are built: the longest first. */
export const tools: readonly Tool[] = [
  {
    module: "kubernetes",
    path: "k8s.io/kubernetes",
    version: "v1.37.2",
    binaries: ["kube-apiserver", "kube-controller-manager", "kube-scheduler"].map((name) => ({
      name,
      package: `k8s.io/kubernetes/cmd/${name}`,
    })),
    variables: [
      "k8s.io/component-base/version.gitVersion=v1.37.2",
      "k8s.io/component-base/version.gitMajor=1",
      "k8s.io/component-base/version.gitMinor=37",
    ],
  },
  {
    module: "etcd",
    path: "go.etcd.io/etcd/server/v3",
    version: "v3.7.3",
    binaries: [{ name: "etcd", package: "go.etcd.io/etcd/server/v3" }],
  },
  {
    module: "kwok",
    path: "sigs.k8s.io/kwok",
    version: "v0.8.0",
    binaries: [{ name: "kwok", package: "sigs.k8s.io/kwok/cmd/kwok" }],
    variables: ["sigs.k8s.io/kwok/pkg/consts.Version=v0.8.0"],
  },
  {
    module: "operator",
    path: "github.com/prometheus-operator/prometheus-operator",
    version: "v0.93.1",
    binaries: [
      {
        name: "prometheus-operator",
        package: "github.com/prometheus-operator/prometheus-operator/cmd/operator",
      },
      {
        name: "prometheus-config-reloader",
        package: "github.com/prometheus-operator/prometheus-operator/cmd/prometheus-config-reloader",
      },
    ],
    variables: prometheusCommonVersion("0.93.1"),
  },
  {
    module: "prometheus",
    path: "github.com/prometheus/prometheus",
    version: "v0.313.2",
    binaries: ["prometheus", "promtool"].map((name) => ({
      name,
      package: `github.com/prometheus/prometheus/cmd/${name}`,
    })),
    // Only Kubernetes discovery is used; the other discoverers double the build and some of their modules are refused.
    tags: ["remove_all_sd", "enable_kubernetes_sd"],
    variables: prometheusCommonVersion("3.13.2"),
  },
  {
    module: "pint",
    path: "github.com/cloudflare/pint",
    version: "v0.87.0",
    binaries: [{ name: "pint", package: "github.com/cloudflare/pint/cmd/pint" }],
    variables: ["main.version=0.87.0"],
  },
  {
    // Its dependency on Grafana's own schema is stood for: see modules/dashboard-linter/dashboard-schema.
    module: "dashboard-linter",
    path: "github.com/grafana/dashboard-linter",
    version: "v0.2.0",
    binaries: [{ name: "dashboard-linter", package: "github.com/grafana/dashboard-linter" }],
  },
  {
    module: "alertmanager",
    path: "github.com/prometheus/alertmanager",
    // From 0.32 the server embeds UI files that its module zip does not hold.
    version: "v0.31.1",
    binaries: ["alertmanager", "amtool"].map((name) => ({
      name,
      package: `github.com/prometheus/alertmanager/cmd/${name}`,
    })),
    variables: prometheusCommonVersion("0.31.1"),
  },
  {
    module: "kuberay",
    path: "github.com/ray-project/kuberay/ray-operator",
    version: "v1.6.1",
    binaries: [{ name: "ray-operator", package: "github.com/ray-project/kuberay/ray-operator" }],
  },
  {
    module: "kube-state-metrics",
    path: "k8s.io/kube-state-metrics/v2",
    version: "v2.19.1",
    binaries: [{ name: "kube-state-metrics", package: "k8s.io/kube-state-metrics/v2" }],
    variables: prometheusCommonVersion("v2.19.1"),
  },
  {
    module: "node-exporter",
    path: "github.com/prometheus/node_exporter",
    version: "v1.12.1",
    binaries: [{ name: "node_exporter", package: "github.com/prometheus/node_exporter" }],
    variables: prometheusCommonVersion("1.12.1"),
  },
  {
    module: "thanos",
    path: "github.com/thanos-io/thanos",
    // The newest that builds with Go 1.26.8, and the one that the operator's release names as its default.
    version: "v0.42.4",
    binaries: [{ name: "thanos", package: "github.com/thanos-io/thanos/cmd/thanos" }],
    // As upstream builds it (.promu.yml): it casts Prometheus' labels as slices, and without the tag the store gateway
    // reads memory that is none and ends with the first block that has labels.
    tags: ["netgo", "slicelabels"],
    variables: prometheusCommonVersion("0.42.4"),
  },
  {
    module: "versitygw",
    path: "github.com/versity/versitygw",
    version: "v1.8.0",
    binaries: [{ name: "versitygw", package: "github.com/versity/versitygw/cmd/versitygw" }],
    variables: ["main.Version=v1.8.0"],
  },
];

/**
 * Hosts of programs in other languages than this project's. Only the tests of the component package need them, and build
 * them where the module proxy has them; the environments run without.
 */
export const languageHosts: readonly Tool[] = [
  {
    // Its dependencies are those of the CLI beside it, so that they are compiled once.
    module: "pulumi-yaml",
    path: "github.com/pulumi/pulumi-yaml",
    version: "v1.38.3",
    binaries: [
      {
        name: "pulumi-language-yaml",
        package: "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
      },
    ],
    variables: ["github.com/pulumi/pulumi-yaml/pkg/version.Version=v1.38.3"],
  },
  {
    // A program of this project's own: see modules/pulumi-sdk-gen/main.go.
    module: "pulumi-sdk-gen",
    path: "github.com/pulumi/pulumi/pkg/v3",
    version: "v3.259.0",
    binaries: [{ name: "pulumi-sdk-gen", package: "vllm-monitoring.local/toolchain/pulumi-sdk-gen" }],
  },
];

/**
 * The Pulumi CLI as a tool.
 *
 * @param version Go module version, e.g. `v3.259.0`
 */
export function pulumiTool(version: string): Tool {
  return {
    module: `pulumi-${version.slice(1)}`,
    path: "github.com/pulumi/pulumi/pkg/v3",
    version,
    binaries: [{ name: "pulumi", package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi" }],
    // Without it the CLI prints an empty version, which the Automation API refuses.
    variables: [`github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${version}`],
  };
}
