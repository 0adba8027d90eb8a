import { parseArgs } from "node:util";

export const MEASURES = ["import", "publish", "copy", "snapshot", "metadata"] as const;
export type Measure = (typeof MEASURES)[number];
export const PEERS = ["mini-buildd", "reprepro", "aptly"] as const;
export type PeerName = (typeof PEERS)[number];

export interface Options {
  readonly packages: readonly number[];
  readonly measures: ReadonlySet<Measure>;
  readonly peers: readonly PeerName[];
  /** Of each measure but the long imports. */
  readonly runs: number;
  /** Packages that were made before are taken from here. */
  readonly cache: string;
  /** Page to write; undefined: the report is printed only. */
  readonly report: string | undefined;
}

export const USAGE = `Usage: npm run bench:archive -- [OPTION]…
  --packages N[,N]   sizes of the archive (default 5000,50000)
  --only MEASURE,…   of: ${MEASURES.join(", ")} (every archive is filled first, whatever is measured)
  --peers NAME,…     of: ${PEERS.join(", ")}
  --runs N           of each measure; the median counts (default 5; imports above 5,000 packages run once)
  --quick            100 packages, one run, no real metadata: shows that everything works, its figures mean nothing
  --cache DIR        keeps the packages that are made, some 250 MB (default /var/tmp/mini-buildd-bench)
  --report FILE      writes the page there, whatever was measured
                     (default docs/reference/benchmarks.md, when everything was measured)
`;

/** @throws Error for what it does not know */
export function parseOptions(argv: readonly string[]): Options | "help" {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      packages: { type: "string" },
      only: { type: "string" },
      peers: { type: "string" },
      runs: { type: "string" },
      quick: { type: "boolean" },
      cache: { type: "string" },
      report: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) return "help";
  const quick = values.quick === true;
  const packages = (values.packages ?? (quick ? "100" : "5000,50000"))
    .split(",")
    .map((text) => positive(text));
  const measures = values.only === undefined ? MEASURES : listed(values.only, MEASURES);
  const peers = values.peers === undefined ? PEERS : listed(values.peers, PEERS);
  const whole =
    !quick && [values.packages, values.only, values.peers, values.runs].every((value) => value === undefined);
  return {
    packages,
    measures: new Set(measures.filter((measure) => !(quick && measure === "metadata"))),
    peers,
    runs: positive(values.runs ?? (quick ? "1" : "5")),
    cache: values.cache ?? "/var/tmp/mini-buildd-bench",
    report: values.report ?? (whole ? "docs/reference/benchmarks.md" : undefined),
  };
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`'${text}' is not a number above 0`);
  return value;
}

function listed<T extends string>(text: string, known: readonly T[]): T[] {
  return text.split(",").map((word) => {
    const found = known.find((name) => name === word);
    if (found === undefined) throw new Error(`'${word}' is none of ${known.join(", ")}`);
    return found;
  });
}
