import { constants, copyFile, mkdir, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import type { Archive, SourceFiles } from "#archive";
import { compareVersions, versionsEqual } from "#deb";
import { type BlobStore, type Exec, type Home, MbdError, namesIn, removeTree } from "#platform";
import { type BoxedDiff, type BoxLimits, prepareBox, runBox } from "./debdiff-box.ts";
import { createPlaces, type PlaceLimits } from "./places.ts";

export interface DebdiffDeps {
  readonly archive: Pick<Archive, "sourceVersions">;
  readonly blobs: BlobStore;
  readonly home: Home;
  readonly exec: Exec;
  readonly limits?: DebdiffLimits;
}

export interface DebdiffLimits extends BoxLimits, PlaceLimits {
  /** Of both sources as they are stored. */
  readonly packedBytes: number;
}

export interface DebdiffRequest {
  readonly source: string;
  readonly versionA: string;
  readonly versionB: string;
  /** Identities; none: all. */
  readonly repositories: readonly string[];
  /** Asked by somebody who is not signed in. */
  readonly anonymous: boolean;
}

/** Anybody may ask, so it is bounded in all that it takes. */
const LIMITS: DebdiffLimits = {
  packedBytes: 512 * 1024 ** 2,
  unpackedBytes: 1024 ** 3,
  textBytes: 8 * 1024 ** 2,
  timeoutMs: 2 * 60 * 1000,
  atOnce: 2,
  anonymousAtOnce: 1,
  waitMs: 5000,
  waiting: 20,
};

const PREFIX = "debdiff-";

/**
 * Compares two versions of a source package of this instance: what `debdiff` prints, empty when they are the same.
 * @throws MbdError not_found, version_unknown, bad_argument, too_many, too_large, tool_missing, tool_failed
 */
export function createDebdiff(deps: DebdiffDeps): (request: DebdiffRequest) => Promise<string> {
  const { limits = LIMITS, home } = deps;
  const places = createPlaces(limits, "comparisons of sources");
  let swept: Promise<void> | undefined;
  return async (request) => {
    const pair = await findPair(deps, request);
    const leave = await places.take(request.anonymous);
    try {
      // What an earlier daemon left.
      swept ??= sweep(home);
      await swept;
      return await compare(deps, limits, pair);
    } finally {
      leave();
    }
  };
}

type Pair = readonly [SourceFiles, SourceFiles];

async function findPair({ archive }: DebdiffDeps, request: DebdiffRequest): Promise<Pair> {
  const { source, repositories, versionA, versionB } = request;
  if (versionsEqual(versionA, versionB))
    throw new MbdError("bad_argument", { argument: "version_b", reason: "it is the same as version_a" });
  const where = repositories.length === 0 ? "" : ` in ${repositories.join(", ")}`;
  const all = await archive.sourceVersions(repositories, source);
  if (all.length === 0) throw new MbdError("not_found", { what: `Source '${source}'${where}` });
  const find = (version: string): SourceFiles => {
    const found = all.find((each) => versionsEqual(each.version, version));
    if (found !== undefined) return found;
    const known = [...new Set(all.map((each) => each.version))].sort(compareVersions).join(", ");
    throw new MbdError("version_unknown", { source, version, where, known });
  };
  return [find(versionA), find(versionB)];
}

async function sweep(home: Home): Promise<void> {
  for (const name of await namesIn(home.work)) {
    if (name.startsWith(PREFIX)) await removeTree(join(home.work, name));
  }
}

async function compare(deps: DebdiffDeps, limits: DebdiffLimits, pair: Pair): Promise<string> {
  const packed = pair.flatMap(({ files }) => files).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (packed > limits.packedBytes)
    throw new MbdError("too_large", { what: "What is to be compared", limit: limits.packedBytes });
  const workDir = await mkdtemp(join(deps.home.work, PREFIX));
  try {
    const dscs = [
      await layOut(deps.blobs, workDir, "older", pair[0]),
      await layOut(deps.blobs, workDir, "newer", pair[1]),
    ] as const;
    await prepareBox(workDir);
    return textOf(await runBox(deps.exec, workDir, dscs, limits), limits);
  } finally {
    await removeTree(workDir);
  }
}

/** Copies, not links: what runs in the box has the user of the store. */
async function layOut(
  blobs: BlobStore,
  workDir: string,
  name: string,
  { dsc, files }: SourceFiles,
): Promise<string> {
  const dir = join(workDir, "in", name);
  await mkdir(dir, { recursive: true });
  for (const file of files)
    await copyFile(blobs.path(file.sha256), join(dir, file.name), constants.COPYFILE_FICLONE);
  return join(name, dsc.name);
}

function textOf(result: BoxedDiff, limits: DebdiffLimits): string {
  const { stdout, stderr, isCut, isIncomplete, exitCode, timedOut } = result;
  if (/No space left on device|Wrote only \d+ of \d+ bytes/.test(stderr))
    throw new MbdError("too_large", { what: "What the sources hold", limit: limits.unpackedBytes });
  const words = saidIn(stderr).slice(-3).join(" / ");
  if (words.includes("debdiff: not found"))
    throw new MbdError("tool_missing", { tool: "debdiff", package: "devscripts" });
  if (timedOut) throw new MbdError("tool_failed", { tool: "debdiff", reason: "it took too long" });
  if (exitCode !== 0) throw new MbdError("tool_failed", { tool: "debdiff", reason: words || "it was ended" });
  const notes = [
    ...(isIncomplete ? [`Not everything could be compared: ${words}`] : []),
    ...(isCut ? [`The rest is left out: no more than ${limits.textBytes} bytes are shown.`] : []),
  ];
  if (notes.length === 0) return stdout;
  const shown = isCut ? stdout.slice(0, stdout.lastIndexOf("\n") + 1) : stdout;
  return `${shown}${notes.map((note) => `${note}\n`).join("")}`;
}

/** Without warnings, those of Perl among them, which surround what counts. */
function saidIn(stderr: string): string[] {
  return stderr
    .split("\n")
    .filter((line) => line !== "" && !/warning: | at \/usr\/\S+ line \d+\.$/i.test(line));
}
