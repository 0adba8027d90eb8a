import type { ArchiveReport, ArchiveRequest } from "#api";
import type { ArchiveDistribution } from "#archive";
import type { ArchiveHandDeps } from "./deps.ts";

type LsRequest = Extract<ArchiveRequest, { command: "ls" }>;

/** All distributions, or the packages of one as it is wanted now. */
export async function list(
  deps: ArchiveHandDeps,
  { distribution, pattern }: LsRequest,
): Promise<ArchiveReport> {
  if (distribution === undefined) return await listDistributions(deps);
  const packages = await deps.archive.packages(distribution, pattern);
  return {
    lines: packages.map(({ component, kind, name, version, arch, source, sourceVersion }) => {
      const from = kind === "dsc" ? "" : ` (${source} ${sourceVersion})`;
      return `${component} ${name} ${version} ${arch}${from}`;
    }),
    result: { distribution, packages },
  };
}

async function listDistributions({ archive }: ArchiveHandDeps): Promise<ArchiveReport> {
  const rows = await archive.distributions();
  const counts = new Map<string, { sources: number; packages: number }>();
  for (const repository of new Set(rows.map((row) => row.repository)))
    for (const [name, each] of await archive.counts(repository)) counts.set(name, each);
  const distributions = rows.map((row) => ({
    distribution: row.name,
    kind: row.kind,
    components: JSON.parse(row.components) as string[],
    architectures: JSON.parse(row.architectures) as string[],
    sources: counts.get(row.name)?.sources ?? 0,
    packages: counts.get(row.name)?.packages ?? 0,
    publishedAt: row.last_date,
    due: isDue(row),
  }));
  return {
    lines: distributions.map((each) => {
      const due = each.due ? ", not published yet" : "";
      const holds = `${each.sources} sources, ${each.packages} packages`;
      return `${each.distribution} ${each.components.join(",")} ${each.architectures.join(",")}: ${holds}${due}`;
    }),
    result: { distributions },
  };
}

function isDue(row: ArchiveDistribution): boolean {
  return row.wanted_publish > row.published_publish;
}
