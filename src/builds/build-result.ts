import { z } from "zod";
import { QaMode, SourceFile } from "./build-description.ts";

/** How a build ended, and everything that was seen of it (builds.md 1). Pure JSON, kept in the row and beside the log. */

/** Whose fault and what is next: see builds.md 7. `interrupted`: ended from outside, tried again without counting. */
export const BuildClass = z.enum([
  "built",
  "failed",
  "builder",
  "interrupted",
  "dep_wait",
  "skipped",
  "cancelled",
]);
export type BuildClass = z.infer<typeof BuildClass>;

export const QaResult = z.enum(["PASS", "WARN", "FAIL", "ERROR", "NOTESTS", "SKIPPED"]);
export type QaResult = z.infer<typeof QaResult>;

export const LogLine = z.strictObject({
  /** From 1. */
  line: z.int(),
  text: z.string(),
});
export type LogLine = z.infer<typeof LogLine>;

export const QaReport = z.strictObject({
  mode: QaMode,
  result: QaResult,
  exit: z.int().nullable(),
  /** Findings by kind (`error`, `warning`, …). */
  counts: z.record(z.string(), z.int()),
  /** The lines that made the result. */
  lines: z.array(LogLine),
});
export type QaReport = z.infer<typeof QaReport>;

const seconds = z.number().nullable();

export const BuildResult = z.strictObject({
  build: z.int(),
  attempt: z.int(),
  fence: z.int(),
  class: BuildClass,
  reason: z.string().nullable(),
  message: z.string(),
  exitCode: z.int().nullable(),
  signal: z.string().nullable(),
  failStage: z.string().nullable(),
  status: z.string().nullable(),
  /** All `Name: value` lines of sbuild's summary. */
  summary: z.record(z.string(), z.string()),
  qa: z.strictObject({ lintian: QaReport, autopkgtest: QaReport, piuparts: QaReport }),
  times: z.strictObject({
    /** How long sbuild ran, and lintian behind it. */
    sbuildMs: z.number(),
    /** From the lease to the stored result. */
    totalMs: z.number(),
    installSeconds: seconds,
    buildSeconds: seconds,
  }),
  peakMemoryBytes: z.int().nullable(),
  chrootStamp: z.string(),
  /** Blocks of the build with their versions, in their order; results of earlier versions have none. */
  blocks: z.array(z.string()).optional(),
  resolver: z.string(),
  /** What it was asked for with; of results of earlier versions that is not known. */
  madeWith: z
    .strictObject({ debBuildOptions: z.array(z.string()), debBuildProfiles: z.array(z.string()) })
    .optional(),
  /** How the limits of memory and tasks were kept: `cgroup2`, `cgroup1`, `rlimit`, `none`. */
  limits: z.record(z.string(), z.string()),
  sizes: z.strictObject({ logBytes: z.int(), filesBytes: z.int(), diskBytes: z.int().nullable() }),
  /** Accepted files; each is a blob. */
  files: z.array(SourceFile),
  /** Build dependencies that could not be installed. */
  missing: z.array(z.string()),
  /** When it first waited for dependencies, ISO; kept over attempts. */
  depWaitSince: z.string().nullable(),
  /** The lines that most likely say why it failed. */
  errorLines: z.array(LogLine),
});
export type BuildResult = z.infer<typeof BuildResult>;
