import type { Node, Shift } from "../../metrics/promql/node.ts";

/** The text with brackets around every operand: what the printer must mean. */
export function bracketed(node: Node, print: (leaf: Node) => string): string {
  const inner = (operand: Node): string => `(${bracketed(operand, print)})`;
  const shift = ({ offset, at }: Shift): string =>
    `${at === undefined ? "" : ` @ ${typeof at === "number" ? String(at) : `${at}()`}`}${offset === undefined ? "" : ` offset ${offset}`}`;
  switch (node.kind) {
    case "binary": {
      const { operator, matching, bool } = node;
      const group =
        matching?.group === undefined ? "" : ` group_${matching.group} (${matching.include.join(", ")})`;
      const match = matching === undefined ? "" : ` ${matching.kind} (${matching.labels.join(", ")})${group}`;
      return `${inner(node.left)} ${operator}${bool ? " bool" : ""}${match} ${inner(node.right)}`;
    }
    case "call":
      return `${node.name}(${node.operands
        .map((operand) =>
          operand.kind === "string" ||
          operand.kind === "number" ||
          (operand.kind === "selector" && operand.range !== undefined) ||
          operand.kind === "subquery"
            ? bracketed(operand, print)
            : inner(operand),
        )
        .join(", ")})`;
    case "aggregate": {
      const by =
        node.grouping === undefined || (node.grouping.kind === "by" && node.grouping.labels.length === 0)
          ? ""
          : ` ${node.grouping.kind} (${node.grouping.labels.join(", ")}) `;
      const parameter = node.parameter === undefined ? "" : `${bracketed(node.parameter, print)}, `;
      return `${node.operator}${by}(${parameter}${inner(node.operand)})`;
    }
    case "subquery":
      return `${inner(node.operand)}[${node.range}:${node.step}]${shift(node)}`;
    default:
      return print(node);
  }
}
