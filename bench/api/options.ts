import { parseArgs } from "node:util";

export interface Options {
  readonly packages: number;
  readonly rate: number;
  readonly seconds: number;
  /** Names of requests; all unless some are named. */
  readonly only: readonly string[] | undefined;
  /** Packages that were made before are taken from here. */
  readonly cache: string;
  /** Page to write; undefined: the report is printed only. */
  readonly report: string | undefined;
  /** Directory for a CPU profile of the daemon. */
  readonly profile: string | undefined;
}

export const USAGE = `Usage: npm run bench:api -- [OPTION]…
  --packages N   packages in the repositories (default 5000)
  --rate N       requests a second (default 500)
  --seconds N    of each measure (default 20)
  --only NAME,…  measures only these requests (status, ls, sources_list, repositories)
  --quick        100 packages, three seconds: shows that everything works, its figures mean nothing
  --cache DIR    keeps the packages that are made (default /var/tmp/mini-buildd-bench)
  --profile DIR  the daemon writes a CPU profile there
  --report FILE  writes the page there, whatever was measured
                 (default docs/reference/benchmarks-api.md, when everything was measured)
`;

/** @throws Error for what it does not know */
export function parseOptions(argv: readonly string[]): Options | "help" {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      packages: { type: "string" },
      rate: { type: "string" },
      seconds: { type: "string" },
      only: { type: "string" },
      quick: { type: "boolean" },
      cache: { type: "string" },
      profile: { type: "string" },
      report: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) return "help";
  const quick = values.quick === true;
  const given = [values.packages, values.rate, values.seconds, values.only, values.profile];
  const whole = !quick && given.every((value) => value === undefined);
  return {
    packages: positive(values.packages ?? (quick ? "100" : "5000")),
    rate: positive(values.rate ?? "500"),
    seconds: positive(values.seconds ?? (quick ? "3" : "20")),
    only: values.only?.split(","),
    cache: values.cache ?? "/var/tmp/mini-buildd-bench",
    profile: values.profile,
    report: values.report ?? (whole ? "docs/reference/benchmarks-api.md" : undefined),
  };
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`'${text}' is not a number above 0`);
  return value;
}
