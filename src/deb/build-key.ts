import { isSourcePackage } from "./names.ts";
import { checkVersionSyntax } from "./version.ts";

/** Key of a packaging, or with an architecture of one of its builds. */
export interface BuildKey {
  readonly source: string;
  /** With epoch. */
  readonly version: string;
  /** See formatTimecode; made unique by whoever makes the key. */
  readonly timecode: string;
  readonly architecture: string | undefined;
}

const BUILD_KEY = /^([^/]+)\/([^/]+)\/([0-9]{8}T[0-9]{6}Z)\/source(?: ([a-z0-9][a-z0-9-]*))?$/;

/**
 * Takes `<source>/<version>/<timecode>/source[ <arch>]` apart; undefined if it is none. The parts are checked too, as
 * they become folders.
 */
export function parseBkey(text: string): BuildKey | undefined {
  const [, source, version, timecode, architecture] = BUILD_KEY.exec(text) ?? [];
  if (source === undefined || version === undefined || timecode === undefined) return undefined;
  if (!isSourcePackage(source) || checkVersionSyntax(version) !== undefined) return undefined;
  return { source, version, timecode, architecture };
}

export function formatBkey(
  key: Omit<BuildKey, "architecture"> & { architecture?: string | undefined },
): string {
  const architecture = key.architecture === undefined ? "" : ` ${key.architecture}`;
  return `${key.source}/${key.version}/${key.timecode}/source${architecture}`;
}

/** Time of a build key: `YYYYMMDDTHHMMSSZ`, UTC. */
export function formatTimecode(time: Date): string {
  const stamp = formatStamp(time);
  return `${stamp.slice(0, 8)}T${stamp.slice(8)}Z`;
}

/** Time in versions (rebuilds, native packages of the instance): `YYYYMMDDHHMMSS`, UTC. */
export function formatStamp(time: Date): string {
  return time
    .toISOString()
    .slice(0, 19)
    .replace(/[^0-9]/g, "");
}
