import { chmod, mkdir, open, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  type BlobStore,
  type Exec,
  execOk,
  exists,
  type Home,
  inParallel,
  syncDir,
  temporaryName,
  unlinkIfPresent,
  writeFileAtomic,
} from "#platform";
import type { SourceFile } from "./build-description.ts";
import type { BuildResult } from "./build-result.ts";
import { readSummary } from "./check-report.ts";
import { attemptPrefix, KEPT_RESULT, keptDir, logFileName, workDirOf } from "./kept-files.ts";
import { CHECK_TOOLS, checkLogName, WORK_FILES } from "./runner/task.ts";

/** Files stored at once: most of the time of each is waiting for the disk. */
const AT_ONCE = 4;
const ZSTD_LIMIT_MS = 10 * 60_000;

/** Keeps the log of a build and those of its checks, and the summary of autopkgtest. */
export async function keepLogs(
  run: Exec,
  home: Home,
  build: { id: number; bkey: string; fence: number },
  kind: "final" | "attempt",
): Promise<void> {
  const workDir = workDirOf(home, build.id);
  const dir = keptDir(home, build.bkey);
  const attempt = kind === "final" ? undefined : build.fence;
  for (const name of [WORK_FILES.log, ...CHECK_TOOLS.map(checkLogName)]) {
    await compress(run, join(workDir, name), join(dir, logFileName(name, attempt)));
  }
  const prefix = attempt === undefined ? "" : `${attemptPrefix(attempt)}-`;
  const summary = await readSummary(workDir);
  if (summary !== "") await writeFileAtomic(join(dir, `${prefix}${WORK_FILES.autopkgtestSummary}`), summary);
}

/** Compresses a log to its kept place; nothing if there is none. Written under a private name, synced, renamed. */
async function compress(run: Exec, log: string, target: string): Promise<void> {
  if (!(await exists(log))) return;
  await mkdir(dirname(target), { recursive: true });
  const temporary = temporaryName(target);
  try {
    await execOk(run, "zstd", ["-q", "-6", "-T1", "-o", temporary, log], { timeoutMs: ZSTD_LIMIT_MS });
    await chmod(temporary, 0o644);
    const handle = await open(temporary, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
    await syncDir(dirname(target));
  } finally {
    await unlinkIfPresent(temporary);
  }
}

/** Puts the accepted files into the store; one that changed since it was checked is refused. */
export async function storeFiles(
  blobs: BlobStore,
  outDir: string,
  files: readonly SourceFile[],
): Promise<void> {
  const store = (file: SourceFile) =>
    blobs.putFile(join(outDir, file.name), { expected: { ...file, list: "the result of the build" } });
  await inParallel(files, store, AT_ONCE);
}

/** The result itself, and the small files that describe it, beside the log. */
export async function keepResult(
  home: Home,
  blobs: BlobStore,
  bkey: string,
  result: BuildResult,
): Promise<void> {
  const dir = keptDir(home, bkey);
  await mkdir(dir, { recursive: true });
  for (const { name, sha256 } of result.files) {
    if (/\.(?:changes|buildinfo)$/.test(name)) await blobs.linkTo(sha256, join(dir, name));
  }
  await writeFileAtomic(join(dir, KEPT_RESULT), `${JSON.stringify(result, null, 2)}\n`);
}
