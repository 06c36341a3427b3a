import { bucketBounds, type Catalogue, type MetricFamily } from "../../metrics/family.ts";
import { parseExposition, type Family } from "./exposition.ts";

/** Label names of each sample of a family, as the catalogue names them: sorted, without the bound of a bucket. */
export const labelsOf = ({ samples }: Family): string[][] =>
  samples.map(({ labels }) =>
    Object.keys(labels)
      .filter((label) => label !== "le")
      .sort(),
  );

/** What a catalogue says otherwise of the families of an exposition: type, help, labels, bounds. */
export function catalogueProblems(exposition: string, catalogue: Catalogue): string[] {
  const known = new Map(Object.values<MetricFamily>(catalogue).map((family) => [family.name, family]));
  return [...parseExposition(exposition).values()].flatMap((real) => {
    const own = known.get(real.name);
    if (own === undefined) return [`${real.name} is missing`];
    const differs = (what: string, exposed: string, said: string) =>
      exposed === said ? [] : [`${real.name} has ${what} ${exposed}, not ${said}`];
    const labels = [...own.labels].sort().join();
    const sets = [...new Set(labelsOf(real).map((names) => names.join()))];
    const bounds = real.samples.flatMap(({ labels: { le } }) =>
      le === undefined || le === "+Inf" ? [] : [Number(le)],
    );
    const exposedBounds = [...new Set(bounds)].sort((a, b) => a - b);
    return [
      ...differs("type", real.type, own.type),
      ...differs("help", real.help, own.help),
      ...sets.flatMap((names) => differs("labels", names, labels)),
      ...differs("bounds", exposedBounds.join(), own.type === "histogram" ? bucketBounds(own).join() : ""),
    ];
  });
}
