/** A line of progress with the time that has passed since the command began. */
export function progressSince(start: number): (line: string) => void {
  return (line) => {
    const seconds = Math.floor((Date.now() - start) / 1000);
    const minutes = String(Math.floor(seconds / 60)).padStart(2);
    console.log(`[${minutes}:${String(seconds % 60).padStart(2, "0")}] ${line}`);
  };
}

/** Rows as aligned columns, two spaces apart; the last column is not padded. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
