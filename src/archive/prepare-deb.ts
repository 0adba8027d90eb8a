import { checkControl, type Dsc, FormatError, parseStanza, type Stanza, versionsEqual } from "#deb";
import { type BlobStore, MbdError } from "#platform";
import { packPaths } from "./path-lists.ts";
import { poolPath } from "./pool-path.ts";
import { contentOf, reasonOf } from "./prepare-shared.ts";
import { packagesStanza } from "./stanza.ts";
import type { DebReader, LocalFile, PackageKind, PreparedPackage } from "./types.ts";

export interface DebContext {
  readonly blobs: BlobStore;
  readonly readDeb: DebReader;
  readonly component: string;
  /** The source that all packages must come from. */
  readonly dsc: Dsc;
}

/** Reads one binary package of a release. @throws MbdError broken_deb in one sentence */
export async function prepareDeb(context: DebContext, file: LocalFile): Promise<PreparedPackage> {
  const { stanza, control, paths } = await read(context, file);
  if (control.source !== context.dsc.source || !versionsEqual(control.sourceVersion, context.dsc.version)) {
    const from = `${control.source} ${control.sourceVersion}`;
    const reason = `it says that it comes from ${from}, not from ${context.dsc.source} ${context.dsc.version}`;
    throw new MbdError("broken_deb", { file: file.name, reason });
  }
  const path = poolPath(context.component, context.dsc.source, file.name);
  const { sha256, sizeBytes } = file;
  const files = [{ path, sha256, sizeBytes, md5: null }];
  const text = packagesStanza(stanza, { path, sizeBytes, sha256 });
  const kind = kindOf(file.name);
  return {
    kind,
    name: control.packageName,
    version: control.version,
    arch: control.architecture,
    section: stanza.get("Section") ?? "",
    source: control.source,
    sourceVersion: control.sourceVersion,
    stanza: text,
    contentSha256: contentOf(kind, text, files),
    files,
    paths: packPaths(paths),
  };
}

async function read(context: DebContext, file: LocalFile) {
  try {
    const deb = await context.readDeb(context.blobs.path(file.sha256), { fileName: file.name });
    const stanza: Stanza = parseStanza(deb.control, { what: file.name });
    return { stanza, control: checkControl(stanza, file.name), paths: deb.paths };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new MbdError(
      "broken_deb",
      { file: file.name, reason: reasonOf(error, file.name) },
      { cause: error },
    );
  }
}

function kindOf(fileName: string): PackageKind {
  if (fileName.endsWith(".udeb")) return "udeb";
  return fileName.endsWith(".ddeb") ? "ddeb" : "deb";
}
