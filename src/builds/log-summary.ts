import type { LogLine } from "./build-result.ts";
import { createErrorFinder } from "./error-lines.ts";
import { createLintianReader, type LintianRun } from "./lintian-run.ts";
import { forEachLine } from "./log-file.ts";
import type { RunnerResult } from "./runner/task.ts";

/** All that the result of a build takes from its log (builds.md 7, 8.1). */
export interface LogFacts {
  readonly lines: number;
  /** `Name: value` lines behind the last heading "Summary"; empty without one. */
  readonly summary: Readonly<Record<string, string>>;
  readonly failStage: string | null;
  readonly status: string | null;
  /** sbuild seems to say that somebody ended it, at another time than while the package was building. */
  readonly abortedOutsideBuild: boolean;
  /** sbuild ended the build for want of output. */
  readonly inactivity: boolean;
  /** A name with a directory in the .changes that sbuild shows when the package is built. */
  readonly strayResult: string | null;
  /** Packages could not be downloaded while the build dependencies were installed. */
  readonly fetchFailed: boolean;
  /** Build dependencies that cannot be installed, as `name (>= version)`. */
  readonly missing: readonly string[];
  /** The block that ended the set-up of the chroot, and how: `own 2 failed with exit status 1`. */
  readonly failedBlock: string | null;
  readonly lintian: LintianRun | undefined;
  readonly errorLines: readonly LogLine[];
}

export interface LogScan {
  push(line: string): void;
  /** sbuild is over; what comes is lintian's. */
  lintianBegins(): void;
  facts(): LogFacts;
}

const RULE = /^\+-{20,}\+$/;
/** Behind the title; sbuild 0.86 and newer say when it began. */
const BEGAN = /[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} \+0000$/;
const DASHES = /^-{80}$/;
/** sbuild prints its reason at most so many lines ahead of "Build finished at". */
const NEAR = 5;
/** A line of `Checksums-Sha256`. */
const STRAY = /^ [0-9a-f]{64} [0-9]{1,20} (\S{0,200}\/\S{0,200})$/;
const FAILED_BLOCK = /^MBD-BLOCK ([a-z0-9-]{1,32} [A-Za-z0-9.+~-]{1,40} failed with exit status [0-9]{1,3})$/;
const MAX_MISSING = 50;
/** sbuild has about twenty. */
const MAX_FIELDS = 100;
const INSTALL = "Install package build dependencies";
const SET_UP = "Chroot Setup Commands";

/**
 * Reads a log line by line; keeps only what it found. Packages can print anything while they build, headings of sbuild,
 * too: of what looks like the end of the build, and like a summary, the last counts, as only sbuild comes behind it.
 */
export function createLogScan(): LogScan {
  const errors = createErrorFinder();
  const lintian = createLintianReader();
  const missing = new Set<string>();
  let summary = new Map<string, string>();
  let section = "";
  /** The package may be what prints: a heading says nothing then, but for the summary, which also ends what never began. */
  let building = false;
  let lintianOnly = false;
  let previous = "";
  let lines = 0;
  let inactivityAt = Number.NEGATIVE_INFINITY;
  let unmet = false;
  const seen = { aborted: false, inactivity: false, fetchFailed: false };
  let strayResult: string | null = null;
  let failedBlock: string | null = null;
  /** sbuild 0.89 then dies of itself, without a summary. */
  let setUpFailed = false;

  function heading(line: string): void {
    const title = RULE.test(previous) ? titleOf(line) : undefined;
    if (title === undefined || (building && title !== "Summary")) return;
    section = title;
    if (title === "Build") building = true;
    if (title === "Summary") summary = new Map();
  }

  function install(line: string): void {
    if (/Failed to fetch|Unable to fetch|Temporary failure/.test(line)) seen.fetchFailed = true;
    if (/have unmet dependencies/.test(line)) unmet = true;
    // apt's errors come by another stream, and in pieces: `E`, a line of the list, `: Unable to correct problems…`.
    else if (!/^(?: |[EWN](?: |: )|: )/.test(line)) unmet = false;
    const name = unmet ? unmetName(line) : undefined;
    if (name !== undefined && missing.size < MAX_MISSING) missing.add(name);
  }

  function ends(line: string): void {
    if (/^E: Build killed with signal .* minutes of inactivity$/.test(line)) inactivityAt = lines;
    if (line.startsWith("Build finished at ") && DASHES.test(previous)) {
      seen.inactivity = lines - inactivityAt <= NEAR;
      // What was read since the build began may be the package's.
      building = false;
      section = "";
      seen.aborted = false;
      lintian.forget();
    }
    if (previous === "lintian" && line === "-------") lintian.forget();
    if (!building && /^E: ABORT: Received .* signal/.test(line)) seen.aborted = true;
  }

  return {
    push(line) {
      lines += 1;
      lintian.push(line, lines);
      if (lintianOnly) {
        errors.push(line, lines);
        return;
      }
      heading(line);
      ends(line);
      if (section === INSTALL) install(line);
      failedBlock = FAILED_BLOCK.exec(line)?.[1] ?? failedBlock;
      if (section === SET_UP && /^E: Command '.{1,200}' failed to run\.$/.test(line)) setUpFailed = true;
      if (section === "Changes") strayResult ??= STRAY.exec(line)?.[1] ?? null;
      if (section === "Summary") addField(summary, line);
      if (section !== "Summary" || building) errors.push(line, lines);
      previous = line;
    },
    lintianBegins() {
      lintianOnly = true;
      lintian.forget();
    },
    facts: () => ({
      lines,
      summary: Object.fromEntries(summary),
      failStage: summary.get("Fail-Stage") ?? (setUpFailed ? "run-chroot-setup-commands" : null),
      status: summary.get("Status") ?? null,
      abortedOutsideBuild: seen.aborted,
      inactivity: seen.inactivity,
      strayResult,
      fetchFailed: seen.fetchFailed,
      missing: [...missing],
      failedBlock,
      lintian: lintian.run(),
      errorLines: errors.found(),
    }),
  };
}

/** `| Build        |` → `Build`. Packages can print what looks like one, of any length: every step here is linear. */
function titleOf(line: string): string | undefined {
  if (!line.startsWith("| ") || !line.endsWith(" |")) return undefined;
  const title = line.slice(2, -2).trimEnd().replace(BEGAN, "").trimEnd();
  return title === "" ? undefined : title;
}

function addField(summary: Map<string, string>, line: string): void {
  const [, name, value] = /^([A-Z][A-Za-z-]{0,40}(?: [A-Z][a-z]{0,20})?): (.{0,500})$/.exec(line) ?? [];
  if (name === undefined || value === undefined || summary.size >= MAX_FIELDS) return;
  summary.set(name, value.trim());
}

/** ` sbuild-build-depends-main-dummy : Depends: hello (>= 99~) but 2.10-3 is to be installed` → `hello (>= 99~)` */
function unmetName(line: string): string | undefined {
  const name = /(?:Pre-)?Depends: ([a-z0-9][a-z0-9+.:-]*(?: \([<>=]+ [^()\s]+\))?)/.exec(line)?.[1];
  return name?.startsWith("sbuild-build-depends-") ? undefined : name;
}

/**
 * Scans what one run wrote into a log file. lintian counts only where it stands: in the step behind sbuild, if there was
 * one, and with the exit status that the runner saw.
 */
export async function scanLog(path: string, run: Pick<RunnerResult, "log" | "lintian">): Promise<LogFacts> {
  const scan = createLogScan();
  const { log, lintian } = run;
  await forEachLine(path, (line) => scan.push(line), { from: log.from, to: lintian?.from ?? log.to });
  if (lintian === null) return scan.facts();
  scan.lintianBegins();
  await forEachLine(path, (line) => scan.push(line), { from: lintian.from, to: log.to });
  const facts = scan.facts();
  const { lintian: told } = facts;
  if (told === undefined || told.exit === lintian.exitCode) return facts;
  return { ...facts, lintian: { ...told, exit: null } };
}
