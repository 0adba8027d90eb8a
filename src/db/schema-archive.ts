import type { Generated } from "kysely";
import type { Flag } from "./schema-flag.ts";

/** What repositories show and showed. */
export interface ArchiveTables {
  archive_distribution: ArchiveDistributionTable;
  pool_file: PoolFileTable;
  package: PackageTable;
  package_file: PackageFileTable;
  release: ReleaseTable;
  release_package: ReleasePackageTable;
  membership: MembershipTable;
  rollback_membership: RollbackMembershipTable;
  publish: PublishTable;
  deb_paths: DebPathsTable;
  snapshot: SnapshotTable;
}

/** One published distribution of a repository: a live suite or a rollback of it. */
interface ArchiveDistributionTable {
  id: Generated<number>;
  repository: string;
  name: string; // dists/<name>
  kind: string; // live, rollback
  /** Rollback number, null for live ones. */
  position: number | null;
  live_id: number | null; // the live distribution of a rollback
  components: string; // JSON, main first
  architectures: string; // JSON, without all
  release_fields: string; // JSON: Origin, Label, Description, NotAutomatic, … in order
  options: string; // JSON: DistributionOptions
  rollbacks: number;
  sources_per_component: number;
  /** Highest publish number asked for, and the one clients see; unequal while a publish is due. */
  wanted_publish: number;
  published_publish: number;
  last_date: string | null; // Date of the last Release, must only grow
  /** SHA-256 over the list of indices last published: equal content is not published again. */
  content_sha256: string | null;
  fence: number;
}

/** A visible file below repositories/<repository>/; its bytes are a blob of the store. */
interface PoolFileTable {
  repository: string;
  path: string; // pool/main/h/hello/hello_2.10-3_amd64.deb
  sha256: string;
  size: number;
  md5: string | null;
  sha1: string | null;
  created_at: string;
}

/** A source or binary package as it stands in an index. */
interface PackageTable {
  id: Generated<number>;
  repository: string;
  kind: string; // dsc, deb, udeb, ddeb
  name: string;
  version: string;
  arch: string; // `source` for dsc
  source: string;
  source_version: string;
  component: string;
  section: string;
  /** The stanza as indices show it, ends with one newline, without the blank line behind. */
  stanza: string;
  /** SHA-256 over the stanza and files: what makes two packages the same. */
  content_sha256: string;
  created_at: string;
}

/** Files of a package: the .deb, or the .dsc and all it lists. */
interface PackageFileTable {
  package_id: number;
  repository: string;
  path: string; // pool_file.path
  /** No longer used: lists of paths are in `deb_paths`. */
  contents_sha256: string | null;
}

/** A source version with all that was built from it. */
interface ReleaseTable {
  id: Generated<number>;
  repository: string;
  component: string;
  source: string;
  version: string;
  bkey: string | null;
  buildinfos: string; // JSON [{name, sha256, size}]
  changes: string; // JSON [{name, sha256, size}]
  created_at: string;
}

interface ReleasePackageTable {
  release_id: number;
  package_id: number;
}

/** A package is in a distribution from publish `added` until before publish `removed`. */
interface MembershipTable {
  id: Generated<number>;
  distribution_id: number;
  component: string;
  package_id: number;
  release_id: number | null;
  added: number;
  removed: number | null;
  added_at: string;
  removed_at: string | null;
}

/** Position of a release in the rollback list of (live distribution, component, source). */
interface RollbackMembershipTable {
  id: Generated<number>;
  distribution_id: number; // the live one
  component: string;
  source: string;
  position: number;
  release_id: number;
  added: number;
  removed: number | null;
  /** When the release left the live distribution; goes with it from position to position. Null: not known. */
  listed_at: string | null;
  /** Neither number nor age takes it out; goes with the release, too. */
  pinned: Generated<Flag>;
}

/** One number for each change of a repository; a moment is the state after a publish. */
interface PublishTable {
  id: number; // from counter `publish`
  repository: string;
  time: string;
  cause: string;
  pinned: Flag;
}

/** What a .deb installs, by the content of the file; read once, whatever distributions it comes to. */
interface DebPathsTable {
  sha256: string; // of the .deb
  /** Paths without leading ./ and without directories, one a line, sorted by bytes; raw deflate (RFC 1951). */
  paths: Uint8Array;
}

/** A named state of a distribution; its content is that of a publish, which is kept as long as the row is there. */
interface SnapshotTable {
  id: Generated<number>;
  distribution_id: number;
  name: string; // below dists/<distribution>/snapshots/
  publish: number;
  created_at: string;
  created_by: string;
}
