import { readFile } from "node:fs/promises";
import type { Executor } from "#db";
import { type Dsc, FormatError, isComponent, isFileName, parseDsc } from "#deb";
import { type BlobStore, inParallel, MbdError } from "#platform";
import { digestFile } from "./compress.ts";
import { checkPoolNames } from "./package-store.ts";
import { poolDirectory, poolPath } from "./pool-path.ts";
import { type DebContext, prepareDeb } from "./prepare-deb.ts";
import { badDsc, contentOf } from "./prepare-shared.ts";
import { type SourceFileFacts, sourceSection, sourcesStanza } from "./stanza.ts";
import type { DebReader, LocalFile, PreparedPackage, PreparedRelease, ReleaseInput } from "./types.ts";

export interface PrepareDeps {
  readonly db: Executor;
  readonly blobs: BlobStore;
  readonly readDeb: DebReader;
}

/** Packages read at once: each may take what the limits of a .deb allow, which is much (deb-limits.ts). */
const AT_ONCE = 2;

/**
 * Reads and checks all files of a release and makes their stanzas and lists of paths; nothing is stored. May be
 * repeated.
 * @throws MbdError bad_dsc, source_incomplete, broken_deb, pool_conflict
 */
export async function prepareRelease(deps: PrepareDeps, input: ReleaseInput): Promise<PreparedRelease> {
  if (!isComponent(input.component)) throw new Error(`not a component: ${input.component}`);
  const dsc = await readDsc(deps.blobs, input.dsc);
  const context: DebContext = { ...deps, component: input.component, dsc };
  const packages = [
    await prepareSource(deps.blobs, input, dsc),
    ...(await inParallel(input.debs, (deb) => prepareDeb(context, deb), AT_ONCE)),
  ];
  refuseTwice(packages);
  const files = packages.flatMap((item) => item.files);
  // Early, for a quick answer; what counts is the same check in the transaction that installs.
  await checkPoolNames(deps.db, input.repository, files);
  return {
    repository: input.repository,
    component: input.component,
    source: dsc.source,
    version: dsc.version,
    bkey: input.bkey,
    packages,
    buildinfos: input.buildinfos,
    changes: input.changes,
  };
}

async function readDsc(blobs: BlobStore, file: LocalFile): Promise<Dsc> {
  if (!isFileName(file.name))
    throw new MbdError("bad_dsc", { dsc: file.name, reason: "its name is not allowed" });
  try {
    return parseDsc(await readFile(blobs.path(file.sha256), "utf8"), file.name);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw badDsc(file.name, error);
  }
}

async function prepareSource(blobs: BlobStore, input: ReleaseInput, dsc: Dsc): Promise<PreparedPackage> {
  const listed = dsc.files.map(({ name, size, sha256 }): LocalFile => {
    const have = input.sourceFiles.find((file) => file.name === name);
    if (have === undefined) throw new MbdError("source_incomplete", { file: name, dsc: input.dsc.name });
    if (have.sha256 !== sha256 || have.sizeBytes !== size) {
      const reason = `it lists ${name} with SHA256 ${sha256}, but the file has ${have.sha256}`;
      throw new MbdError("bad_dsc", { dsc: input.dsc.name, reason });
    }
    return have;
  });
  const facts = [];
  for (const file of [input.dsc, ...listed]) {
    const { md5 = "" } = await digestFile(blobs.path(file.sha256), { md5: true, sha1: false });
    facts.push({ ...file, md5 });
  }
  return sourcePackage(dsc, input.component, facts);
}

/**
 * The package as it will stand in an index.
 * @param facts the .dsc first, then the files it lists, in its order
 * @param section where the archive it comes from has another than the .dsc
 */
export function sourcePackage(
  dsc: Dsc,
  component: string,
  facts: readonly SourceFileFacts[],
  section = sourceSection(dsc),
): PreparedPackage {
  const files = facts.map(({ name, sha256, sizeBytes, md5 }) => ({
    path: poolPath(component, dsc.source, name),
    sha256,
    sizeBytes,
    md5,
  }));
  const stanza = sourcesStanza(dsc, poolDirectory(component, dsc.source), facts, section);
  return {
    kind: "dsc",
    name: dsc.source,
    version: dsc.version,
    arch: "source",
    section: section.section,
    source: dsc.source,
    sourceVersion: dsc.version,
    stanza,
    contentSha256: contentOf("dsc", stanza, files),
    files,
    paths: null,
  };
}

export function refuseTwice(packages: readonly PreparedPackage[]): void {
  const seen = new Set<string>();
  for (const { name, version, arch, kind, files } of packages) {
    const key = `${kind === "ddeb" ? "deb" : kind} ${name} ${version} ${arch}`;
    const file = files[0]?.path.split("/").at(-1) ?? name;
    if (seen.has(key)) throw new MbdError("broken_deb", { file, reason: "the package is there twice" });
    seen.add(key);
  }
}
