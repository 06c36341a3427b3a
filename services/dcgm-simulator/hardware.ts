/** Facts of GPUs that shape what an exporter reports of them. */

/** One product. */
export interface Hardware {
  /** Value of the label modelName, as the driver spells it. */
  readonly modelName: string;
  /** Watts. Sources: NVIDIA's data sheets (maximum of the configurable range). */
  readonly powerLimit: number;
  /** Megahertz of the multiprocessors at full speed, and of the memory. */
  readonly smClock: number;
  readonly memoryClock: number;
  /** Bytes per second over NVLink, both ways together; 0: the product has none. */
  readonly nvlink: number;
}

const row = (
  modelName: string,
  powerLimit: number,
  smClock: number,
  memoryClock: number,
  nvlink = 0,
): Hardware => ({ modelName, powerLimit, smClock, memoryClock, nvlink });

/** By the node label nvidia.com/gpu.product. */
const products: Readonly<Record<string, Hardware>> = {
  "Tesla-T4": row("Tesla T4", 70, 1590, 5001),
  "NVIDIA-T4G": row("NVIDIA T4G", 70, 1590, 5001),
  "NVIDIA-A10G": row("NVIDIA A10G", 300, 1710, 6251),
  "NVIDIA-L4": row("NVIDIA L4", 72, 2040, 6251),
  "NVIDIA-L40S": row("NVIDIA L40S", 350, 2520, 9001),
  "NVIDIA-A100-SXM4-40GB": row("NVIDIA A100-SXM4-40GB", 400, 1410, 1215, 600e9),
  "NVIDIA-A100-SXM4-80GB": row("NVIDIA A100-SXM4-80GB", 400, 1410, 1593, 600e9),
  "NVIDIA-H100-80GB-HBM3": row("NVIDIA H100 80GB HBM3", 700, 1980, 2619, 900e9),
  "NVIDIA-H200": row("NVIDIA H200", 700, 1980, 3201, 900e9),
  "NVIDIA-B200": row("NVIDIA B200", 1000, 1965, 3996, 1800e9),
  "NVIDIA-B300": row("NVIDIA B300", 1400, 2032, 3996, 1800e9),
  "NVIDIA-GB200": row("NVIDIA GB200", 1200, 2062, 3996, 1800e9),
};

/** The facts of a product; of one that is not known those of a middling card without NVLink. */
export function hardwareOf(product: string): Hardware {
  return products[product] ?? row(product.replace("-", " "), 300, 1800, 6000);
}
