import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { autopkgtestResult, createAutopkgtestReader } from "./autopkgtest-run.ts";
import type { QaMode } from "./build-description.ts";
import type { QaReport } from "./build-result.ts";
import { forEachLine } from "./log-file.ts";
import { createPiupartsReader, piupartsResult } from "./piuparts-run.ts";
import { type CheckRun, checkLogName, type EndedBy, WORK_FILES } from "./runner/task.ts";

const SUMMARY_LIMIT = 256 * 1024;

const LIMITS: Readonly<Partial<Record<EndedBy, string>>> = {
  timeout_total: "it took longer than a check may",
  timeout_stalled: "it printed nothing for too long",
  log_limit: "its log became too large",
  memory_limit: "it needed more memory than allowed",
};

/** Debian packages of programs that are not named after them. */
const PACKAGES: Readonly<Record<string, string>> = {
  "autopkgtest-virt-unshare": "autopkgtest",
  unshare: "util-linux",
};

/** What there is to say of a check that did not come to its own end. */
export function checkSentence({ tool, endedBy, absent }: CheckRun): string | undefined {
  if (absent !== null) {
    const name = PACKAGES[absent] ?? absent;
    return `mini-buildd: ${absent} is not installed on this machine; the Debian package ${name} has it.`;
  }
  return endedBy === null ? undefined : limitSentence(tool, endedBy);
}

/** Of a check that was ended for a limit that it broke. */
export function limitSentence(tool: string, endedBy: EndedBy): string {
  return `mini-buildd: ${tool} was ended: ${LIMITS[endedBy] ?? endedBy}.`;
}

/** The report of a check: what the runner saw of it, and what its log and summary in the work directory say. */
export async function reportCheck(workDir: string, mode: QaMode, run: CheckRun): Promise<QaReport> {
  const { last, ...report } = await readReport(workDir, run);
  const sentence = checkSentence(run);
  if (sentence === undefined) return { mode, ...report };
  // To break a limit is the package's fault, to be missing is the machine's.
  const result = run.absent === null ? "FAIL" : "ERROR";
  return { mode, ...report, result, lines: [{ line: last, text: sentence }, ...report.lines] };
}

type Report = Omit<QaReport, "mode"> & {
  /** Number of the last line of the log. */
  readonly last: number;
};

async function readReport(workDir: string, run: CheckRun): Promise<Report> {
  let last = 0;
  const read = async (push: (text: string, line: number) => void): Promise<void> => {
    if (run.absent !== null) return;
    await forEachLine(join(workDir, checkLogName(run.tool)), (text) => {
      last += 1;
      push(text, last);
    });
  };
  if (run.tool === "autopkgtest") {
    const reader = createAutopkgtestReader(await readSummary(workDir));
    await read(reader.push);
    const { counts, lines } = reader.read();
    const result = autopkgtestResult(run.exitCode);
    return { result, exit: run.exitCode, counts: { ...counts }, lines: [...lines], last: Math.max(1, last) };
  }
  const reader = createPiupartsReader();
  await read(reader.push);
  const seen = reader.read();
  const { exit, counts, lines } = seen;
  return {
    ...{ result: piupartsResult(seen), exit, last: Math.max(1, last) },
    ...{ counts: { ...counts }, lines: [...lines] },
  };
}

/** The summary that autopkgtest wrote; nothing when it did not get that far. */
export async function readSummary(workDir: string): Promise<string> {
  const path = join(workDir, WORK_FILES.autopkgtestSummary);
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  });
  if (handle === undefined) return "";
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(SUMMARY_LIMIT), 0, SUMMARY_LIMIT, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await handle.close();
  }
}
