import { type Command, InvalidArgumentError } from "commander";
import type { ArchiveRequest } from "#api";
import { DEFAULT_HOME } from "../endpoint.ts";
import type { ArchiveOptions } from "./perform.ts";
import * as words from "./words.ts";

/** Options that commands share. */

export interface ChangeOptions extends ArchiveOptions {
  readonly wait?: boolean;
  readonly dryRun?: boolean;
  readonly component?: string[];
}

export type Perform = (
  options: ArchiveOptions,
  request: ArchiveRequest,
  files?: readonly string[],
) => Promise<void>;

/** Options of all commands. */
export function common(command: Command): Command {
  return command
    .option("--home <dir>", `home of the instance (default: $MINI_BUILDD_HOME or ${DEFAULT_HOME})`)
    .option("--json", "print one JSON document");
}

/** Options of commands that change what clients see. */
export function changing(command: Command): Command {
  return common(command)
    .option("--no-wait", "return before clients see the change (with a daemon, which publishes soon)")
    .option("--dry-run", "print what would change, and change nothing");
}

/** Commander has `wait` true unless `--no-wait` is given. */
export function changeOf({ wait, dryRun }: ChangeOptions): { wait: boolean; dryRun: boolean } {
  return { wait: wait !== false, dryRun: dryRun === true };
}

export function oneComponent({ component }: ChangeOptions): { component?: string } {
  const [one, ...others] = component ?? [];
  if (others.length > 0) throw new InvalidArgumentError("Only one component can be given here.");
  return one === undefined ? {} : { component: one };
}

export const COMPONENT = "--component <name>";

export const MOMENT_DAYS = [
  "--moment-days <number>",
  "how long clients may go back; the longest of the repository counts (default: 30)",
  words.count,
] as const;
export const ROLLBACK_DAYS = [
  "--rollback-days <number>",
  "days after which a version leaves the rollbacks, or 'forever' (default: only their number counts)",
  words.daysOrForever,
] as const;

/** As requests say it: null for ever. */
export function ageOf(days: number | "forever" | undefined): number | null | undefined {
  return days === "forever" ? null : days;
}

/** What was given of options. */
export function given<T extends Record<string, unknown>>(
  options: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
