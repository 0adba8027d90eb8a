import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { RunnerCommand, RunnerTask } from "./task.ts";

const DEFAULT_SECONDS = 3 * 3600;
const NAME = /^[A-Za-z0-9][A-Za-z0-9.+:~_-]*$/;

/**
 * The call of lintian for what the build left: its .changes and, as that lists no source, the .dsc. Undefined when none
 * is wanted, or what it should read is not there: then the results are refused for that.
 */
export function lintianOf(
  workDir: string,
  { lintian }: Pick<RunnerTask, "lintian">,
): (RunnerCommand & { seconds: number }) | undefined {
  if (lintian === undefined) return undefined;
  const files = [theOne(workDir, "out", ".changes"), theOne(workDir, "src", ".dsc")];
  if (files.includes(undefined)) return undefined;
  const seconds = lintian.seconds ?? DEFAULT_SECONDS;
  return { ...lintian, seconds, argv: [...lintian.argv, ...files.filter((file) => file !== undefined)] };
}

/** As it is called where lintian runs. */
function theOne(workDir: string, dir: "out" | "src", ending: string): string | undefined {
  const names = readdirSync(join(workDir, dir)).filter((name) => name.endsWith(ending) && NAME.test(name));
  return names.length === 1 ? `/run/${dir}/${names[0]}` : undefined;
}
