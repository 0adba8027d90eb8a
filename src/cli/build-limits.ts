import { InvalidArgumentError } from "commander";

/** Limits as `--build-limit` gives them: those of builds (`#builds`), and how long builds and packagings wait. */
export interface GivenBuildLimits {
  readonly totalSeconds?: number;
  readonly stalledMinutes?: number;
  readonly logBytes?: number;
  readonly fileBytes?: number;
  readonly diskFreeBytes?: number;
  readonly memoryBytes?: number;
  readonly tasks?: number;
  readonly cpus?: number;
  /** For build dependencies that are on their way; 0: not at all. */
  readonly depWaitSeconds?: number;
  /** For builds of optional architectures, from when all others are good. */
  readonly optionalWaitSeconds?: number;
}

const TIMES: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3600 };
const SIZES: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

interface Limit {
  readonly field: keyof GivenBuildLimits;
  /** What a value of each unit is worth; without units it is a plain number. */
  readonly units?: Readonly<Record<string, number>>;
  /** What it is stored in. */
  readonly per?: number;
  readonly min?: number;
}

/** By the names people give; docs/reference/configuration.md tells what each means. */
export const BUILD_LIMIT_NAMES: Readonly<Record<string, Limit>> = {
  total: { field: "totalSeconds", units: TIMES },
  stalled: { field: "stalledMinutes", units: TIMES, per: 60 },
  log: { field: "logBytes", units: SIZES },
  file: { field: "fileBytes", units: SIZES },
  "disk-free": { field: "diskFreeBytes", units: SIZES, min: 0 },
  memory: { field: "memoryBytes", units: SIZES },
  tasks: { field: "tasks", min: 16 },
  cpus: { field: "cpus" },
  "dep-wait": { field: "depWaitSeconds", units: TIMES, min: 0 },
  "optional-wait": { field: "optionalWaitSeconds", units: TIMES, min: 0 },
};

/** Reads one `NAME=VALUE`, such as `total=2h`, `memory=4GiB`, `tasks=500`, and adds it to those given before. */
export function buildLimit(text: string, before: GivenBuildLimits = {}): GivenBuildLimits {
  const [, name = "", digits = "", unit = ""] = /^([a-z-]+)=([0-9]{1,12})([A-Za-z]*)$/.exec(text) ?? [];
  const limit = Object.hasOwn(BUILD_LIMIT_NAMES, name) ? BUILD_LIMIT_NAMES[name] : undefined;
  if (limit === undefined) {
    const known = Object.keys(BUILD_LIMIT_NAMES).join(", ");
    throw new InvalidArgumentError(`It is NAME=VALUE, with a name out of: ${known}.`);
  }
  const { field, units, per = 1, min = 1 } = limit;
  const worth = units === undefined ? (unit === "" ? 1 : undefined) : unitWorth(units, unit, digits);
  if (worth === undefined) {
    const form =
      units === undefined ? "a whole number" : `a whole number of ${Object.keys(units).join(", ")}`;
    throw new InvalidArgumentError(`The value of ${name} is ${form}.`);
  }
  const value = (Number(digits) * worth) / per;
  if (!Number.isSafeInteger(value) || value < min) {
    throw new InvalidArgumentError(
      `The value of ${name} is too small or too large${per > 1 ? ", or no whole minutes" : ""}.`,
    );
  }
  return { ...before, [field]: value };
}

/** 0 is the same in every unit. */
function unitWorth(
  units: Readonly<Record<string, number>>,
  unit: string,
  digits: string,
): number | undefined {
  if (unit === "") return Number(digits) === 0 ? 1 : undefined;
  return Object.hasOwn(units, unit) ? units[unit] : undefined;
}
