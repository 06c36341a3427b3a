import { parseDuration } from "./quantity.ts";

/** A Prometheus duration as Go's own flags take it, which know no days: "2d" is "48h". */
export function goDuration(duration: string): string {
  const seconds = parseDuration(duration) ?? 0;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = Math.round((seconds % 60) * 1000) / 1000;
  const parts = [
    ...(hours > 0 ? [`${String(hours)}h`] : []),
    ...(minutes > 0 ? [`${String(minutes)}m`] : []),
    ...(rest > 0 ? [`${String(rest)}s`] : []),
  ];
  return parts.length === 0 ? "0s" : parts.join("");
}
