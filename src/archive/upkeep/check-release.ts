import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hasCode, statOrUndefined } from "#platform";
import { digestFile } from "../compress.ts";
import { type Digests, type PublishedRelease, parseRelease } from "../release-file.ts";
import type { Finding, FindingKind } from "./finding.ts";

/** Verifies a Release file with the current key of the instance; `Verifier.verifyRelease` of #keys. */
export type VerifyRelease = (
  release: string | { readonly release: string; readonly signature: string },
) => Promise<
  { readonly ok: true; readonly payload: string } | { readonly ok: false; readonly reason: string }
>;

export interface ReleaseDirCheck {
  readonly findings: readonly Finding[];
  /** Absolute paths of by-hash files with other content than their name says. */
  readonly damagedHashes: readonly string[];
  readonly release: PublishedRelease | undefined;
}

export interface ReleaseDirOptions {
  /** How findings call the directory. */
  readonly where: string;
  readonly now: Date;
  readonly verify: VerifyRelease | undefined;
}

/** Whether a directory with a Release is as clients need it: signed, all files there with the sums it lists. */
export async function checkReleaseDir(dir: string, options: ReleaseDirOptions): Promise<ReleaseDirCheck> {
  const { where, now } = options;
  const findings: Finding[] = [];
  const damagedHashes: string[] = [];
  const find = (kind: FindingKind, file: string, what: string) =>
    findings.push({ kind, where: `${where}/${file}`, what, repaired: false });
  const text = await textOf(join(dir, "Release"));
  const release = text === undefined ? undefined : parseRelease(text);
  if (text === undefined || release === undefined) {
    find("release_broken", "Release", text === undefined ? "is missing" : "cannot be read");
    return { findings, damagedHashes, release: undefined };
  }
  for (const problem of await signatureProblems(dir, text, options.verify)) find(...problem);
  if (release.validUntil !== undefined && release.validUntil < now)
    find("expired", "Release", `is valid until ${release.validUntil.toISOString()} only`);
  for (const [path, digests] of release.files) {
    const state = await fileState(join(dir, path), digests);
    if (state === "missing" && isPackedOnly(path, release)) continue;
    if (state === "missing") find("index_missing", path, "is listed in Release, but missing");
    else if (state === "damaged") find("index_damaged", path, "has not the content that Release lists");
    if (path.endsWith("/Release") || path === "Release") continue;
    const byHash = join(dirname(path), "by-hash", "SHA256", digests.sha256);
    const hashed = await fileState(join(dir, byHash), digests);
    if (hashed === "missing") find("index_missing", byHash, `is missing (${path} by its hash)`);
    if (hashed !== "damaged") continue;
    damagedHashes.push(join(dir, byHash));
    find("index_damaged", byHash, "has not the content that its name says");
  }
  return { findings, damagedHashes, release };
}

type Problem = [kind: FindingKind, file: string, what: string];

async function signatureProblems(
  dir: string,
  release: string,
  verify: VerifyRelease | undefined,
): Promise<Problem[]> {
  const inRelease = await textOf(join(dir, "InRelease"));
  const signature = await textOf(join(dir, "Release.gpg"));
  const problems: Problem[] = [];
  if (inRelease === undefined) problems.push(["release_broken", "InRelease", "is missing"]);
  else if (verify !== undefined) {
    const check = await verify(inRelease);
    if (!check.ok) problems.push(["signature_bad", "InRelease", check.reason]);
    else if (check.payload.trimEnd() !== release.trimEnd())
      problems.push(["release_broken", "InRelease", "says something else than Release"]);
  }
  if (signature === undefined) problems.push(["release_broken", "Release.gpg", "is missing"]);
  else if (verify !== undefined) {
    const check = await verify({ release, signature });
    if (!check.ok) problems.push(["signature_bad", "Release.gpg", check.reason]);
  }
  return problems;
}

/** Uncompressed indices are listed for apt, but need not be there. */
function isPackedOnly(path: string, { files }: PublishedRelease): boolean {
  return [".gz", ".xz"].some((ending) => files.has(`${path}${ending}`));
}

async function fileState(
  path: string,
  { sizeBytes, sha256 }: Digests,
): Promise<"good" | "missing" | "damaged"> {
  const stat = await statOrUndefined(path);
  if (stat === undefined) return "missing";
  if (stat.size !== sizeBytes) return "damaged";
  const have = await digestFile(path, { md5: false, sha1: false });
  return have.sha256 === sha256 ? "good" : "damaged";
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) return undefined;
    throw error;
  }
}
