import { parseArgs } from "node:util";

export interface Options {
  readonly packages: readonly string[];
  readonly runs: number;
  /** Page to write; undefined: the report is printed only. */
  readonly report: string | undefined;
}

/** A tiny one, one of a middle size, and a small one with many build dependencies. */
const PACKAGES = ["hello", "nano", "galculator"] as const;

export const USAGE = `Usage: npm run bench:build -- [OPTION]…   (as root)
  --packages NAME,…  source packages of the Debian archive (default ${PACKAGES.join(",")})
  --runs N           of each package, each way (default 3)
  --quick            one run of ${PACKAGES[0]}: shows that everything works, its figures mean little
  --report FILE      writes the page there, whatever was measured
                     (default docs/reference/benchmarks-build.md, when everything was measured)
`;

/** @throws Error for what it does not know */
export function parseOptions(argv: readonly string[]): Options | "help" {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      packages: { type: "string" },
      runs: { type: "string" },
      quick: { type: "boolean" },
      report: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) return "help";
  const quick = values.quick === true;
  const whole = !quick && values.packages === undefined && values.runs === undefined;
  return {
    packages: values.packages?.split(",") ?? (quick ? PACKAGES.slice(0, 1) : PACKAGES),
    runs: positive(values.runs ?? (quick ? "1" : "3")),
    report: values.report ?? (whole ? "docs/reference/benchmarks-build.md" : undefined),
  };
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`'${text}' is not a number above 0`);
  return value;
}
