/**
 * The multiprocess metrics volume. vLLM doesn't clean a directory that it was given, an emptyDir outlives its
 * containers and init containers don't run again with them, so counters of dead processes would be summed for
 * ever. Hence the container itself empties the directory before it becomes the server.
 */

/** A mount of its own, so that no other volume can hold it. */
export const MULTIPROCESS_DIRECTORY = "/run/vllm-metrics";
export const MULTIPROCESS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR";

/**
 * For `/bin/sh -c SCRIPT vllm ARGS…`. It takes POSIX sh and rm only. The arguments pass as they are, with spaces and
 * quotes, and `exec` leaves the server as process 1, so that it gets the kubelet's signals. The three patterns are all
 * names but `.` and `..`; one that matches nothing stays itself, which `rm -f` doesn't mind.
 */
export const MULTIPROCESS_SCRIPT = emptyingScript('vllm serve "$@"');

/** Empties the directory and becomes `program`, which may be `"$@"`, the arguments themselves. */
export function emptyingScript(program: string): string {
  return [
    "set -eu",
    `d="\${${MULTIPROCESS_VARIABLE}:?}"`,
    'rm -rf -- "$d"/* "$d"/.[!.]* "$d"/..?*',
    `exec ${program}`,
  ].join("\n");
}

/** Container command with which the image's own entrypoint (`vllm serve`) is wrapped. */
export const MULTIPROCESS_COMMAND = ["/bin/sh", "-c", MULTIPROCESS_SCRIPT, "vllm"];
