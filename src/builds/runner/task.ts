import type { QaMode } from "../build-description.ts";

/**
 * The two messages between the daemon and the runner of one build: `<W>/description.json` tells it what to do,
 * `<W>/result.json` what it saw. Plain types: the runner loads no validator.
 */

export interface RunnerLimits {
  readonly totalSeconds: number;
  /** No byte in the log for so long, in the whole run. */
  readonly stalledSeconds: number;
  readonly logBytes: number;
  readonly diskFreeBytes: number;
  readonly tasks: number;
  readonly memoryBytes: number | null;
}

/** Directories in which the runner may make a control group for its build. */
export interface CgroupPlaces {
  /** cgroup v2 with the controllers memory and pids. */
  readonly v2?: string;
  /** cgroup v1, one hierarchy each. */
  readonly memory?: string;
  readonly pids?: string;
}

export const CHECK_TOOLS = ["autopkgtest", "piuparts"] as const;
export type CheckTool = (typeof CHECK_TOOLS)[number];

/** The word of a check's arguments that the packages which were built take the place of. */
export const PACKAGES_WORD = "{packages}";

/** A quality check of what a good build left, with a log of its own, `<tool>.log` (builds.md 8.2, 8.3). */
export interface RunnerCheck {
  readonly tool: CheckTool;
  readonly mode: QaMode;
  readonly argv: readonly string[];
  /** The whole environment of the tool. */
  readonly env: Readonly<Record<string, string>>;
  readonly seconds: number;
  /** Programs of this machine without which the check cannot be done. */
  readonly programs: readonly string[];
}

export interface RunnerChecks {
  /** In experimental suites every result is good. */
  readonly experimental: boolean;
  readonly lintianMode: QaMode;
  /** In their order; one begins only while the build is good. */
  readonly steps: readonly RunnerCheck[];
}

/** A program to run. */
export interface RunnerCommand {
  readonly argv: readonly string[];
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>;
}

export interface RunnerTask extends RunnerCommand {
  readonly build: number;
  readonly attempt: number;
  readonly fence: number;
  /** 1, or 2 for the second try of an attempt with another resolver. */
  readonly run: number;
  readonly resolver: string;
  readonly chrootStamp: string;
  /** When the attempt was leased, ISO. */
  readonly leasedAt: string;
  /** What is run behind sbuild when that ended well; the names of the files that it shall read follow. */
  readonly lintian?: RunnerCommand & {
    /** Its own time, inside that of the whole run. Absent in tasks of earlier versions. */
    readonly seconds?: number;
  };
  readonly limits: RunnerLimits;
  readonly cgroups: CgroupPlaces;
  /** Of the daemon's apt proxy on 127.0.0.1; the runner opens a door to it. */
  readonly proxyPort?: number;
  /** Absent in tasks of earlier versions. */
  readonly checks?: RunnerChecks;
  /** The build description, for whoever takes the build up after a restart; the runner does not look at it. */
  readonly description: unknown;
}

/** Why the runner ended the tool. `disk_start`: it was not even begun. `terminated`: somebody sent SIGTERM. */
export type EndedBy =
  | "cancel"
  | "terminated"
  | "timeout_total"
  | "timeout_stalled"
  | "log_limit"
  | "disk_limit"
  | "memory_limit"
  | "disk_start";

/** What ends the whole build, whatever runs of it; the other limits are those of the tool that broke them. */
export const ENDS_BUILD: readonly (EndedBy | null)[] = ["cancel", "terminated", "disk_limit"];

export interface RunnerFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** What one check did. What it means is worked out from its log and summary. */
export interface CheckRun {
  readonly tool: CheckTool;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Why the check, and only the check, was ended. */
  readonly endedBy: EndedBy | null;
  /** A program that is not on this machine: the check was not begun. */
  readonly absent: string | null;
  readonly ms: number;
}

export interface RunnerResult {
  readonly build: number;
  readonly attempt: number;
  readonly fence: number;
  readonly run: number;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly endedBy: EndedBy | null;
  /** There was hardly any room on the disk while sbuild ran: what failed may have failed for want of it. */
  readonly starved: boolean;
  /** Part of build.log that this run wrote. */
  readonly log: { readonly from: number; readonly to: number };
  /** Of lintian behind it, too. */
  readonly sbuildMs: number;
  readonly peakMemoryBytes: number | null;
  /** How memory and tasks were limited: `cgroup2`, `cgroup1`, `rlimit`, `none`. */
  readonly limits: { readonly memory: string; readonly tasks: string };
  /** Regular files of `<W>/out`. */
  readonly files: readonly RunnerFile[];
  /** Everything else there. */
  readonly refused: readonly string[];
  /** lintian behind sbuild: where in build.log its output begins, and how it ended. */
  readonly lintian: { readonly from: number; readonly exitCode: number | null } | null;
  /** Why lintian, and only lintian, was ended. */
  readonly lintianEndedBy: EndedBy | null;
  /** The checks that were begun, in their order. */
  readonly checks: readonly CheckRun[];
}

/** Names in the work directory. */
export const WORK_FILES = {
  task: "description.json",
  runner: "runner.json",
  result: "result.json",
  cancel: "cancel",
  log: "build.log",
  usage: "usage.json",
  runnerLog: "runner.log",
  autopkgtestSummary: "autopkgtest.summary",
} as const;

/** Name of a check's log in the work directory. */
export function checkLogName(tool: CheckTool): string {
  return `${tool}.log`;
}

/** Who runs: what `runner.json` holds. */
export interface RunnerClaim {
  readonly pid: number;
  /** Boot id and start time, as processIdentity of the platform tells them. */
  readonly started: string;
  readonly attempt: number;
  readonly fence: number;
  readonly run: number;
}
