import { createStanza, type Dsc, type Stanza } from "#deb";
import { inOrder, PACKAGES_ORDER, SOURCES_ORDER } from "./field-order.ts";

/** What an index says about a file beside its control fields. */
export interface FileFacts {
  /** Path below the root of the repository for .debs, name for source files. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly md5?: string;
  readonly sha1?: string;
}

/**
 * Fields that only the archive may write, or that are only true on an installed system: a package that carries one
 * of its own could contradict the archive.
 */
const NOT_FROM_PACKAGE: readonly string[] = [
  "filename",
  "msdos-filename",
  "directory",
  "size",
  "md5sum",
  "sha1",
  "sha256",
  "sha512",
  "status",
  "conffiles",
  "config-version",
  "description-md5",
];

/** Sums of the .dsc's own list are replaced by those of the archive, which cover the .dsc too. */
const NOT_FROM_DSC: readonly string[] = [
  "source",
  "directory",
  "section",
  "priority",
  "files",
  "checksums-md5",
  "checksums-sha1",
  "checksums-sha256",
  "checksums-sha512",
];

/**
 * The stanza of a binary package in a Packages index (format as dpkg-scanpackages(1)); MD5 and SHA-1 only where the
 * facts have them. Ends with one newline.
 */
export function packagesStanza(control: Stanza, file: FileFacts): string {
  const own = [...control.entries()].filter(([name]) => !NOT_FROM_PACKAGE.includes(name.toLowerCase()));
  const ours: [string, string][] = [
    ["Filename", file.path],
    ["Size", String(file.sizeBytes)],
    ["MD5sum", file.md5 ?? ""],
    ["SHA1", file.sha1 ?? ""],
    ["SHA256", file.sha256],
  ];
  return createStanza(inOrder([...own, ...ours], PACKAGES_ORDER), control.what).toString();
}

export interface SourceFileFacts {
  readonly name: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** The `Files` list of a source package is a list of MD5 sums (Policy 5.6.21); clients check SHA-256. */
  readonly md5: string;
}

/**
 * The stanza of a source package in a Sources index (format as dpkg-scansources(1)): `Package` instead of `Source`,
 * lists of files with the .dsc in front. Ends with one newline.
 * @param files the .dsc first, then the files it lists, in its order
 * @param directory of the files below the root of the repository
 */
export function sourcesStanza(
  dsc: Dsc,
  directory: string,
  files: readonly SourceFileFacts[],
  { section, priority } = sourceSection(dsc),
): string {
  const own = [...dsc.stanza.entries()].filter(([name]) => !NOT_FROM_DSC.includes(name.toLowerCase()));
  const ours: [string, string][] = [
    ["Package", dsc.source],
    ["Section", section],
    ["Priority", priority],
    ["Directory", directory],
    ["Checksums-Sha256", fileList(files.map((file) => `${file.sha256} ${file.sizeBytes} ${file.name}`))],
    ["Files", fileList(files.map((file) => `${file.md5} ${file.sizeBytes} ${file.name}`))],
  ];
  return createStanza(inOrder([...own, ...ours], SOURCES_ORDER), dsc.stanza.what).toString();
}

/** A .dsc has no section of its own: the package named like the source speaks for it, else the first one. */
export function sourceSection(dsc: Dsc): { section: string; priority: string } {
  const list = dsc.packageList ?? [];
  const entry = list.find((candidate) => candidate.package === dsc.source) ?? list[0];
  return { section: entry?.section ?? "", priority: entry?.priority ?? "" };
}

function fileList(lines: readonly string[]): string {
  return lines.map((line) => `\n ${line}`).join("");
}
