import {
  type BinaryControl,
  checkControl,
  createStanza,
  type Dsc,
  FormatError,
  parseStanza,
  type Stanza,
  versionsEqual,
} from "#deb";
import { type BlobStore, MbdError } from "#platform";
import { packPaths } from "./path-lists.ts";
import { poolPath } from "./pool-path.ts";
import { brokenDeb, contentOf } from "./prepare-shared.ts";
import { packagesStanza } from "./stanza.ts";
import type { DebReader, LocalFile, PackageKind, PreparedPackage } from "./types.ts";

export interface DebContext {
  readonly blobs: BlobStore;
  readonly readDeb: DebReader;
  readonly component: string;
  /** The source that all packages must come from. */
  readonly dsc: Dsc;
}

/** A binary package that was read, with the fields of its control file checked. */
export interface ReadDeb {
  readonly stanza: Stanza;
  readonly control: BinaryControl;
  readonly paths: readonly string[];
}

/** What a package of an index is made of. */
export interface DebParts {
  readonly deb: ReadDeb;
  readonly file: LocalFile & { readonly md5?: string; readonly sha1?: string };
  readonly component: string;
  /** Fields that the archive it comes from sets, in place of the package's own. */
  readonly overrides?: ReadonlyMap<string, string>;
}

/** Reads one binary package of a release. @throws MbdError broken_deb in one sentence */
export async function prepareDeb(context: DebContext, file: LocalFile): Promise<PreparedPackage> {
  const deb = await read(context, file);
  const { control } = deb;
  if (control.source !== context.dsc.source || !versionsEqual(control.sourceVersion, context.dsc.version)) {
    const from = `${control.source} ${control.sourceVersion}`;
    const reason = `it says that it comes from ${from}, not from ${context.dsc.source} ${context.dsc.version}`;
    throw new MbdError("broken_deb", { file: file.name, reason });
  }
  return debPackage({ deb, file, component: context.component });
}

/** The package as it will stand in an index. */
export function debPackage({ deb, file, component, overrides }: DebParts): PreparedPackage {
  const { control } = deb;
  const { sha256, sizeBytes, md5, sha1 } = file;
  const stanza = overrides === undefined ? deb.stanza : overridden(deb.stanza, overrides);
  const path = poolPath(component, control.source, file.name);
  const files = [{ path, sha256, sizeBytes, md5: md5 ?? null, sha1: sha1 ?? null }];
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
    paths: packPaths(deb.paths),
  };
}

/** @throws FormatError when a field is missing or wrong, or the file is named otherwise than `name` */
export function checkDeb(
  deb: { readonly stanza: Stanza; readonly paths: readonly string[] },
  name?: string,
): ReadDeb {
  return { stanza: deb.stanza, control: checkControl(deb.stanza, name), paths: deb.paths };
}

function overridden(stanza: Stanza, overrides: ReadonlyMap<string, string>): Stanza {
  const own = [...stanza.entries()].filter(([name]) => !overrides.has(name));
  return createStanza([...own, ...overrides], stanza.what);
}

async function read(context: DebContext, file: LocalFile): Promise<ReadDeb> {
  try {
    const deb = await context.readDeb(context.blobs.path(file.sha256), { fileName: file.name });
    return checkDeb({ stanza: parseStanza(deb.control, { what: file.name }), paths: deb.paths }, file.name);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw brokenDeb(file.name, error);
  }
}

function kindOf(fileName: string): PackageKind {
  if (fileName.endsWith(".udeb")) return "udeb";
  return fileName.endsWith(".ddeb") ? "ddeb" : "deb";
}
