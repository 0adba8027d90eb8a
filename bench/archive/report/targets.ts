import { type Figure, type Kind, select } from "../measure/figures.ts";
import { WITH_DAEMON } from "../peers/ours.ts";

/** A line of the table of targets. */
export interface Target {
  readonly measure: string;
  readonly packages: string;
  readonly ours: string;
  readonly peers: string;
  readonly ratio: string;
  readonly wanted: string;
  readonly reached: boolean;
}

const OURS = "mini-buildd";
const SNAPSHOT_MS = 100;

/** What is wanted and what was found, for the sizes and programs that were measured. */
export function targets(figures: readonly Figure[]): Target[] {
  const sizes = [...new Set(figures.map(({ packages }) => packages))].sort((a, b) => a - b);
  const most = sizes.at(-1) ?? 0;
  return [
    ...sizes.flatMap((packages) => publishTargets(figures, packages, packages === most)),
    ...growthTargets(figures, sizes),
    ...sizes.flatMap((packages) => [
      ...compared(figures, { kind: "import", packages, atLeast: 1, measure: "import and first publish" }),
      ...compared(figures, {
        kind: "copy",
        packages,
        atLeast: 10,
        measure: "copy one package to another suite",
      }),
      ...snapshotTargets(figures, packages),
      ...memoryTargets(figures, packages),
    ]),
  ];
}

/** Small archives show less than large ones: there the start of a process is most of all times. */
function publishTargets(figures: readonly Figure[], packages: number, most: boolean): Target[] {
  const measure = "publish after adding one package";
  const full = { kind: "publish", packages, measure, indexSet: "full" } as const;
  if (!most) return compared(figures, { ...full, atLeast: 1 });
  return [
    ...compared(figures, { ...full, atLeast: 20 }),
    ...compared(figures, {
      ...{ ...full, atLeast: 3, indexSet: "light" },
      measure: `${measure}, peers with their lightest indices`,
    }),
  ];
}

interface Comparison {
  readonly kind: Kind;
  readonly packages: number;
  readonly atLeast: number;
  readonly measure: string;
  /** Of the peers; ours is always the full one. */
  readonly indexSet?: string;
}

/** Ours against the fastest peer; nothing when one of them was not measured. */
function compared(
  figures: readonly Figure[],
  { kind, packages, atLeast, measure, indexSet = "full" }: Comparison,
) {
  const ours = best(figures, kind, packages);
  const peers = figures.filter(
    (figure) =>
      figure.peer !== OURS &&
      figure.kind === kind &&
      figure.packages === packages &&
      figure.indexSet === indexSet,
  );
  const [fastest] = [...peers].sort((a, b) => a.time.median - b.time.median);
  if (ours === undefined || fastest === undefined) return [];
  const ratio = fastest.time.median / ours.time.median;
  const target: Target = {
    measure,
    packages: count(packages),
    ours: time(ours.time.median),
    peers: peers.map((peer) => `${peer.peer} ${time(peer.time.median)}`).join(", "),
    ratio: `${ratio.toFixed(1)} times faster`,
    wanted: atLeast === 1 ? "faster" : `${atLeast} times faster`,
    reached: ratio > atLeast || (atLeast > 1 && ratio === atLeast),
  };
  return [target];
}

function growthTargets(figures: readonly Figure[], sizes: readonly number[]): Target[] {
  const [least, most] = [sizes[0], sizes.at(-1)];
  if (least === undefined || most === undefined || least === most) return [];
  const [small, large] = [best(figures, "publish", least), best(figures, "publish", most)];
  if (small === undefined || large === undefined) return [];
  const growth = large.time.median / small.time.median;
  return [
    {
      measure: "growth of a publish",
      packages: `${count(least)} → ${count(most)}`,
      ours: `${time(small.time.median)} → ${time(large.time.median)}`,
      peers: "",
      ratio: `${growth.toFixed(2)} times`,
      wanted: "less than 3 times",
      reached: growth < 3,
    },
  ];
}

function snapshotTargets(figures: readonly Figure[], packages: number): Target[] {
  const [target] = compared(figures, {
    kind: "snapshot",
    packages,
    atLeast: 1,
    measure: "snapshot of a suite",
  });
  const ours = best(figures, "snapshot", packages);
  if (ours === undefined || target === undefined) return [];
  return [{ ...target, wanted: `under ${SNAPSHOT_MS} ms`, reached: ours.time.median < SNAPSHOT_MS }];
}

/** The highest of all measures, ours in the worse of its modes. */
function memoryTargets(figures: readonly Figure[], packages: number): Target[] {
  const peak = (peer: string) =>
    Math.max(
      0,
      ...select(figures, { kind: "import", packages, peer }).map(peakOf),
      ...select(figures, { kind: "publish", packages, peer }).map(peakOf),
    );
  const [ours, theirs] = [peak(OURS), peak("aptly")];
  if (ours === 0 || theirs === 0) return [];
  return [
    {
      measure: "peak memory (import, publish)",
      packages: count(packages),
      ours: megabytes(ours),
      peers: `aptly ${megabytes(theirs)}, reprepro ${megabytes(peak("reprepro"))}`,
      ratio: `${(ours / theirs).toFixed(2)} times`,
      wanted: "not above aptly's",
      reached: ours <= theirs,
    },
  ];
}

function peakOf({ peakBytes = 0 }: Figure): number {
  return peakBytes;
}

/** With the daemon where that was measured. */
function best(figures: readonly Figure[], kind: Kind, packages: number): Figure | undefined {
  const found = select(figures, { kind, packages, peer: OURS });
  return found.find(({ mode }) => mode === WITH_DAEMON) ?? found[0];
}

export function time(ms: number): string {
  if (ms < 1000) return `${ms.toFixed(0)} ms`;
  return ms < 100_000 ? `${(ms / 1000).toFixed(2)} s` : `${(ms / 1000).toFixed(0)} s`;
}

export function megabytes(bytes: number): string {
  const value = bytes / 2 ** 20;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} MB`;
}

export function count(packages: number): string {
  return packages.toLocaleString("en-US");
}
