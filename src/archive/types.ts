import type { Row, Tx } from "#db";

/** A file of ours by name; its content is the blob with that SHA-256. */
export interface LocalFile {
  readonly name: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** What a packaging hands over to be installed. */
export interface ReleaseInput {
  readonly repository: string;
  readonly component: string;
  readonly dsc: LocalFile;
  /** All files the .dsc lists (others are ignored); they may be in the pool already. */
  readonly sourceFiles: readonly LocalFile[];
  /** .deb, .udeb and .ddeb of all architectures. */
  readonly debs: readonly LocalFile[];
  readonly buildinfos: readonly LocalFile[];
  readonly changes: readonly LocalFile[];
  readonly bkey: string;
}

export type PackageKind = "dsc" | "deb" | "udeb" | "ddeb";

export interface PreparedFile {
  /** Below the root of the repository. */
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Weak sums only where a source package lists them or a distribution asks for them. */
  readonly md5: string | null;
  readonly sha1?: string | null;
}

/** A package as it will stand in an index, with nothing left to read. */
export interface PreparedPackage {
  readonly kind: PackageKind;
  readonly name: string;
  readonly version: string;
  /** `source` for dsc. */
  readonly arch: string;
  readonly section: string;
  /** The source package it comes from; of a source its own name and version. */
  readonly source: string;
  readonly sourceVersion: string;
  readonly stanza: string;
  /** What makes two packages the same: stanza and bytes of all files. */
  readonly contentSha256: string;
  readonly files: readonly PreparedFile[];
  /** What a binary package installs, packed as in `deb_paths`; null for sources. */
  readonly paths: Uint8Array | null;
}

export interface PreparedRelease {
  readonly repository: string;
  readonly component: string;
  readonly source: string;
  readonly version: string;
  /** Null when it was not built here. */
  readonly bkey: string | null;
  readonly packages: readonly PreparedPackage[];
  readonly buildinfos: readonly LocalFile[];
  readonly changes: readonly LocalFile[];
}

export interface InstalledRelease {
  readonly releaseId: number;
  /** Number of the change: clients see it when the distribution has published this or a higher one. */
  readonly publish: number;
  /** Version that left the suite. */
  readonly replaced: string | null;
  /** Versions in the rollback list afterwards, position 0 first. */
  readonly rollbacks: readonly string[];
  /** Other components of the distribution that hold the source. */
  readonly alsoIn: readonly string[];
  /** Distributions that look otherwise when they are published: it, and rollbacks. */
  readonly changed: readonly string[];
}

/** A distribution to publish: a live suite, or position N of its rollback lists. */
export interface DistributionSpec {
  readonly repository: string;
  /** Also Suite, Codename and Label. */
  readonly name: string;
  readonly kind: "live" | "rollback";
  /** Of a rollback: its number. */
  readonly position?: number;
  /** Of a rollback: name of its live distribution, which must be there already. */
  readonly live?: string;
  /** main first. */
  readonly components: readonly string[];
  /** Without `all`. */
  readonly architectures: readonly string[];
  readonly origin: string;
  readonly description: string;
  readonly notAutomatic: boolean;
  readonly butAutomaticUpgrades: boolean;
  /** Length of the rollback lists, 0 for rollbacks themselves. */
  readonly rollbacks: number;
  readonly sourcesPerComponent: number;
  /** Version field of Release, where there is one. */
  readonly version?: string;
  /** Snapshots field of Release: address of earlier moments, with `@SNAPSHOTID@` in it. */
  readonly snapshots?: string;
  readonly options?: DistributionOptions;
}

export interface DistributionOptions {
  /** Weak sums in Release too, for very old clients. */
  readonly md5?: boolean;
  readonly sha1?: boolean;
  /** Uncompressed Packages and Sources on disk too. */
  readonly plain?: boolean;
  /** Contents of binary packages, udebs and sources; default on. */
  readonly contents?: boolean;
  /** Long descriptions in i18n/Translation-en instead of Packages; default off. */
  readonly translations?: boolean;
  /** Valid-Until this many days after Date; renewed when half of them are over. */
  readonly validDays?: number;
  readonly retention?: RetentionOptions;
}

/** How long a distribution keeps what is past. */
export interface RetentionOptions {
  /** Days for which moments are kept; those of a repository for the longest of its distributions. Default 30. */
  readonly momentDays?: number;
  /** Days after which a release leaves the rollback lists; absent: only their length counts. */
  readonly rollbackDays?: number;
}

export type ArchiveDistribution = Row<"archive_distribution">;

/** Where a source is. */
export interface Place {
  readonly distribution: string;
  readonly kind: "live" | "rollback";
  readonly position: number | null;
  readonly component: string;
  readonly version: string;
  readonly releaseId: number | null;
}

/** Where a source is only looked at. */
export interface SnapshotPlace {
  /** `DISTRIBUTION/snapshots/NAME` */
  readonly distribution: string;
  readonly kind: "snapshot";
  readonly component: string;
  readonly version: string;
}

export interface ListedSource {
  readonly source: string;
  readonly version: string;
  readonly component: string;
  /** Of the binaries, `all` among them. */
  readonly architectures: readonly string[];
  /** Names of the binary packages. */
  readonly binaries: readonly string[];
}

export interface ListOptions {
  /** Part of the name of the source or of one of its binaries. */
  readonly search?: string;
  /** Default 100, at most 1000. */
  readonly limit?: number;
  readonly offset?: number;
}

export interface SourceList {
  readonly total: number;
  readonly sources: readonly ListedSource[];
}

export interface BinaryPackage {
  readonly kind: PackageKind;
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  /** Below the root of the repository. */
  readonly path: string;
  readonly sizeBytes: number;
}

/** A source in one distribution with all its packages. */
export interface SourceDetail extends Place {
  readonly architectures: readonly string[];
  readonly binaries: readonly BinaryPackage[];
  /** Path of the .dsc below the root of the repository. */
  readonly dsc: string | null;
}

export interface PoolFile {
  /** Absolute, always there while the row is (the blob). */
  readonly path: string;
  /** Below the root of the repository. */
  readonly poolPath: string;
  readonly sha256: string;
  readonly size: number;
}

/** A source package of a pool. */
export interface SourceFiles {
  readonly repository: string;
  readonly component: string;
  readonly version: string;
  readonly dsc: LocalFile;
  /** The .dsc among them. */
  readonly files: readonly LocalFile[];
}

export interface ReleaseFiles {
  readonly repository: string;
  readonly component: string;
  readonly source: string;
  readonly version: string;
  readonly bkey: string | null;
  readonly dsc: LocalFile | null;
  /** Files the .dsc lists. */
  readonly sourceFiles: readonly LocalFile[];
  readonly debs: readonly LocalFile[];
  readonly buildinfos: readonly LocalFile[];
  readonly changes: readonly LocalFile[];
}

export interface Counts {
  readonly sources: number;
  /** Binary packages of all architectures. */
  readonly packages: number;
}

/** The part of the job queue that the archive needs. */
export interface PublishQueue {
  enqueue(tx: Tx, job: { kind: string; subject: string; priority?: number }): Promise<void>;
}

/** The part of the instance key that the archive needs. */
export interface ReleaseSigner {
  readonly fingerprint: string;
  clearsign(text: string): Promise<string>;
  /** Armoured. */
  detachSign(text: string): Promise<string>;
}

/** Reads a .deb; `readDeb` of #deb. @throws FormatError */
export type DebReader = (
  path: string,
  options: { readonly fileName: string },
) => Promise<{ readonly control: string; readonly paths: readonly string[] }>;
