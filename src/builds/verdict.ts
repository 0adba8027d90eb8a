import type { BuildClass } from "./build-result.ts";
import type { LogFacts } from "./log-summary.ts";
import type { QaObjection } from "./qa-verdict.ts";
import type { EndedBy } from "./runner/task.ts";

/** Everything the verdict depends on: what the runner did, how sbuild ended, what the log and the results say. */
export interface Observation {
  /** Somebody asked for the end of this build. */
  readonly cancelRequested: boolean;
  readonly endedBy: EndedBy | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** There was hardly any room on the disk. */
  readonly starved: boolean;
  readonly facts: Pick<
    LogFacts,
    | "failStage"
    | "status"
    | "abortedOutsideBuild"
    | "inactivity"
    | "strayResult"
    | "fetchFailed"
    | "missing"
    | "failedBlock"
  >;
  readonly results: ResultsSeen;
  readonly qa: QaObjection | undefined;
}

export type ResultsSeen =
  /** No .changes file. */
  | { readonly kind: "none" }
  | { readonly kind: "valid" }
  | { readonly kind: "invalid"; readonly reason: "result_invalid" | "package"; readonly message: string };

export interface Verdict {
  readonly class: BuildClass;
  /** Reason of the state FAILED. Of a builder failure: the one it gets when no attempt is left. */
  readonly reason: string | null;
  readonly message: string;
}

interface Rule {
  /** Number in builds.md 7. */
  readonly no: number;
  readonly when: (seen: Observation) => boolean;
  readonly verdict: (seen: Observation) => Verdict;
}

const LIMITS: Readonly<Partial<Record<EndedBy, string>>> = {
  timeout_total: "it took longer than allowed",
  timeout_stalled: "it printed nothing for too long",
  log_limit: "its log became too large",
  disk_limit:
    "the disk of the builder was nearly full and this was the largest build; retry it when there is room, or give the builder more disk",
  memory_limit: "it needed more memory than allowed",
};

const PACKAGE_STAGES = ["build", "unpack", "check-unpacked-version", "check-architecture", "parse-changes"];

const failed = (reason: string, message: string): Verdict => ({ class: "failed", reason, message });
const builder = (message: string, reason = "builder"): Verdict => ({ class: "builder", reason, message });
const stageIs = (seen: Observation, ...stages: readonly string[]): boolean =>
  stages.includes(seen.facts.failStage ?? "");

/** A line of the log alone proves nothing, as packages can print it. */
function wasAborted(seen: Observation): boolean {
  return seen.facts.abortedOutsideBuild && seen.exitCode !== 0 && !stageIs(seen, "build");
}

/** builds.md 7 and 8, in this order; the first rule that fits decides. */
export const RULES: readonly Rule[] = [
  {
    no: 1,
    when: (seen) => seen.cancelRequested || seen.endedBy === "cancel",
    verdict: () => ({ class: "cancelled", reason: null, message: "cancelled" }),
  },
  {
    no: 2,
    when: (seen) => seen.endedBy !== null && LIMITS[seen.endedBy] !== undefined,
    verdict: ({ endedBy }) => failed(endedBy ?? "", `ended: ${LIMITS[endedBy ?? "cancel"] ?? ""}`),
  },
  {
    no: 2,
    when: (seen) => seen.signal === "SIGXFSZ",
    verdict: () => failed("disk_limit", "ended: it wrote a file larger than allowed"),
  },
  {
    no: 3,
    when: (seen) => seen.endedBy === "terminated",
    verdict: () => ({
      class: "interrupted",
      reason: "builder",
      message: "the machine or service was stopped",
    }),
  },
  {
    no: 3,
    when: (seen) => seen.endedBy === "disk_start",
    verdict: () => builder("too little free disk space to begin"),
  },
  {
    no: 3,
    when: (seen) => seen.signal !== null || wasAborted(seen),
    verdict: ({ signal }) => builder(`sbuild was ended from outside (${signal ?? "signal"})`),
  },
  {
    no: 4,
    when: (seen) => seen.exitCode === 0 && seen.results.kind === "valid",
    verdict: ({ qa }) => qaVerdict(qa),
  },
  {
    no: 5,
    when: (seen) => seen.exitCode === 0 && seen.results.kind === "none" && seen.facts.status === "skipped",
    verdict: () => ({
      class: "skipped",
      reason: null,
      message: "the package does not build on this architecture",
    }),
  },
  {
    // The largest build was ended; this one may have failed because of it, or have left files that were cut.
    no: 6,
    when: (seen) => seen.starved,
    verdict: () => builder("the disk of the builder was full while it was built"),
  },
  {
    no: 6,
    when: (seen) => seen.exitCode === 0,
    verdict: ({ results }) =>
      results.kind === "invalid"
        ? failed(results.reason, results.message)
        : failed("result_invalid", "sbuild succeeded, but there is no .changes file"),
  },
  {
    // sbuild gives up where a file that the package's .changes names is not there, and does not say why.
    no: 6,
    when: (seen) => stageIs(seen, "init") && seen.facts.strayResult !== null,
    verdict: ({ facts }) =>
      failed("result_invalid", `its .changes names "${facts.strayResult ?? ""}", which is no file name`),
  },
  {
    no: 7,
    when: (seen) => stageIs(seen, "build") && seen.facts.inactivity,
    verdict: () => failed("timeout_stalled", `ended: ${LIMITS.timeout_stalled ?? ""}`),
  },
  {
    no: 8,
    when: (seen) => stageIs(seen, ...PACKAGE_STAGES),
    verdict: ({ facts }) => failed("package", `the package does not build (stage ${facts.failStage ?? ""})`),
  },
  {
    no: 9,
    when: (seen) => stageIs(seen, "install-deps") && seen.facts.fetchFailed,
    verdict: () => builder("build dependencies could not be downloaded"),
  },
  {
    no: 10,
    when: (seen) => stageIs(seen, "install-deps"),
    verdict: ({ facts }) => ({
      class: "dep_wait",
      reason: "dep_wait",
      message: `build dependencies cannot be installed: ${facts.missing.join(", ") || "see the log"}`,
    }),
  },
  {
    // A package can print such a line, too, but not before its build begins.
    no: 11,
    when: ({ facts }) => facts.failedBlock !== null && facts.failStage === "run-chroot-setup-commands",
    verdict: ({ facts }) => builder(`block ${facts.failedBlock ?? ""}`),
  },
  {
    no: 11,
    when: () => true,
    verdict: ({ facts, exitCode }) =>
      builder(
        facts.failStage === null
          ? `sbuild ended with exit code ${exitCode} and no summary`
          : `sbuild failed in stage ${facts.failStage}`,
      ),
  },
];

function qaVerdict(objection: QaObjection | undefined): Verdict {
  if (objection === undefined) return { class: "built", reason: null, message: "built" };
  const { tool, result } = objection;
  const why = objection.why === "" ? "" : `: ${objection.why}`;
  if (result === "ERROR") return builder(`${tool} could not do its work${why}`, "qa");
  return failed("qa", `${tool} objects (${result})${why}`);
}

export function judge(seen: Observation): Verdict {
  const rule = RULES.find(({ when }) => when(seen));
  if (rule === undefined) throw new Error("no rule fits"); // the last one always does
  return rule.verdict(seen);
}
