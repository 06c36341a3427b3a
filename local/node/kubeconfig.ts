/** A kubeconfig that reads its token from a file each time, so that a renewed token is used. */
export function kubeconfigWithTokenFile(
  server: string,
  certificateAuthority: string,
  tokenFile: string,
): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "pod",
    clusters: [
      {
        name: "pod",
        cluster: {
          server,
          "certificate-authority-data": Buffer.from(certificateAuthority).toString("base64"),
        },
      },
    ],
    users: [{ name: "pod", user: { tokenFile } }],
    contexts: [{ name: "pod", context: { cluster: "pod", user: "pod" } }],
  });
}
