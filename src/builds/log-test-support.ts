/** Parts of sbuild logs as sbuild 0.85 writes them. */

export function section(title: string, ...lines: readonly string[]): string {
  const rule = `+${"-".repeat(78)}+`;
  return [rule, `| ${title.padEnd(76)} |`, rule, "", ...lines, ""].join("\n");
}

export function summary(fields: Readonly<Record<string, string>>): string {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  return section(
    "Summary",
    ...lines,
    "-".repeat(80),
    "Finished at 2024-01-02T03:04:05Z",
    "Build needed 00:01:03, 9308k disk space",
  );
}

export const buildFinished = ["-".repeat(80), "Build finished at 2024-01-02T03:04:05Z"] as const;

export function lintianRun(exit: number, lines: readonly string[], isNew = true): string[] {
  const begin = `MBD-LINTIAN begin new=${isNew ? "yes" : "no"} version=2.116.3`;
  return [begin, ...lines, `MBD-LINTIAN end exit=${exit}`];
}
