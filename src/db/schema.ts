import type { Generated, Insertable, Selectable, Updateable } from "kysely";

/**
 * The rows of an instance. SQLite knows neither booleans nor dates: flags are 0 or 1, times ISO-8601 UTC text
 * (`2024-01-02T03:04:05.678Z`, so text order is time order), structured values JSON text, sizes bytes.
 */
export interface Tables {
  setting: SettingTable;
  counter: CounterTable;
  user_account: UserAccountTable;
  api_token: ApiTokenTable;
  uploader_key: UploaderKeyTable;
  job: JobTable;
  event: EventTable;
  source: SourceTable;
  chroot: ChrootTable;
  layout: LayoutTable;
  suite: SuiteTable;
  repository: RepositoryTable;
  distribution: DistributionTable;
  distribution_arch: DistributionArchTable;
  incoming_session: IncomingSessionTable;
  incoming_file: IncomingFileTable;
  upload: UploadTable;
  upload_file: UploadFileTable;
  packaging: PackagingTable;
  build: BuildTable;
  port_request: PortRequestTable;
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

export type Flag = 0 | 1;

/** Facts of the instance: `identity`, `hostname`, `key_fingerprint`, … */
export interface SettingTable {
  name: string;
  value: string;
}

/** Gap-free numbers taken inside the transaction that uses them: `event`, `publish`, `accepted`. */
export interface CounterTable {
  name: string;
  value: number;
}

export interface UserAccountTable {
  id: Generated<number>;
  name: string;
  level: string; // LOGIN, STAFF, ADMIN
  password_hash: string;
  active: Flag;
  created_at: string;
}

export interface ApiTokenTable {
  id: Generated<number>;
  name: string;
  level: string; // LOGIN, STAFF, ADMIN
  /** SHA-256 of the secret, hex; the secret itself is shown once and never stored. */
  secret_hash: string;
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;
}

/** An OpenPGP key that may upload to one repository. */
export interface UploaderKeyTable {
  id: Generated<number>;
  repository: string;
  /** Primary fingerprint, upper-case hex. */
  fingerprint: string;
  user_id: string;
  /** Binary export, base64. */
  key: string;
  active: Flag;
  created_at: string;
}

export interface JobTable {
  id: Generated<number>;
  kind: string;
  /** What the job is about, e.g. `upload:17`; one open job for each (kind, subject). */
  subject: string;
  state: string; // queued, leased, done, dead
  priority: number;
  run_after: string;
  attempt: number;
  max_attempts: number; // 0: no end
  lease_owner: string | null;
  lease_expires_at: string | null;
  fence: number;
  /** Asked for again while it was leased: it is queued once more when it ends. */
  again: Flag;
  error: string | null;
  created_at: string;
  ended_at: string | null;
}

export interface EventTable {
  /** Gap-free and in commit order. */
  id: number;
  type: string;
  time: string;
  source: string | null;
  version: string | null;
  distribution: string | null;
  repository: string | null;
  codename: string | null;
  suite: string | null;
  component: string | null;
  arch: string | null;
  bkey: string | null;
  upload: number | null;
  packaging: number | null;
  build: number | null;
  actor: string; // JSON {kind, name}
  message: string;
  data: string; // JSON object
}

/** A base distribution or an extra one, such as Debian bookworm or bookworm-security. */
export interface SourceTable {
  id: Generated<number>;
  origin: string;
  codename: string;
  archives: string; // JSON: mirror URLs, each ending with one slash, best first
  keyring: string; // OpenPGP keys, binary, base64
  match: string; // JSON {suite?, archive?, version?, label?}
  check_valid_until: Flag;
  remove_from_component: string;
  state: string; // unchecked, active, error
  error: string | null;
  checked_at: string | null;
  release_date: string | null; // newest accepted Date
  description: string;
  codeversion: string; // sticky
  codeversion_override: string | null;
  codeversion_seen: string | null; // what the last check computed
  components: string; // JSON
  architectures: string; // JSON, without all
}

export interface ChrootTable {
  id: Generated<number>;
  codename: string;
  arch: string;
  backend: string; // unshare, schroot
  state: string; // missing, making, active, stale, error
  /** File name below chroots/, null until the first one is made. */
  tarball: string | null;
  stamp: string | null;
  error: string | null;
  made_at: string | null;
  checked_at: string | null;
}

export interface LayoutTable {
  id: Generated<number>;
  name: string;
  default_version: string;
  mandatory_version_regex: string;
  experimental_default_version: string;
  experimental_mandatory_version_regex: string;
  meta_distributions: string; // words META=CODENAME-SUITE
}

export interface SuiteTable {
  id: Generated<number>;
  layout_id: number;
  name: string;
  uploadable: Flag;
  experimental: Flag;
  migrates_to: string | null; // suite name of the same layout
  build_keyring_package: Flag;
  auto_migrate_after: number; // days, 0 off
  not_automatic: Flag;
  but_automatic_upgrades: Flag;
  rollback: number;
  sources_per_component: number;
}

export interface RepositoryTable {
  id: Generated<number>;
  identity: string;
  layout_id: number;
  /** Origin of all Release files, fixed at creation. */
  origin: string;
  description: string;
  allow_unauthenticated_uploads: Flag;
  extra_uploader_keyrings: string; // JSON: absolute paths
  active: Flag;
  created_at: string;
}

/** One codename of a repository. */
export interface DistributionTable {
  id: Generated<number>;
  repository_id: number;
  source_id: number;
  codename: string;
  components: string; // JSON, main first
  extra_sources: string; // JSON [{source: id, priority}]
  lintian_mode: string;
  lintian_extra_options: string; // JSON list of words
  lintian_warnfail_options: string; // JSON list of words
  autopkgtest_mode: string;
  piuparts_mode: string;
  build_dep_resolver: string;
  internal_apt_priority: number;
  deb_build_options: string;
  deb_build_profiles: string;
}

export interface DistributionArchTable {
  distribution_id: number;
  arch: string;
  optional: Flag;
  arch_all: Flag;
}

export interface IncomingSessionTable {
  id: string;
  origin: string; // ftp, http, cli
  /** Token, user or address that files of one HTTP session share; the connection for FTP. */
  session_key: string;
  client: string; // address, for people
  started_at: string;
  last_file_at: string;
  /** Ended sessions take no more files. */
  ended_at: string | null;
}

export interface IncomingFileTable {
  id: Generated<number>;
  session_id: string;
  name: string;
  size: number;
  sha256: string;
  received_at: string;
  /** The upload that took it. */
  upload_id: number | null;
}

export interface UploadTable {
  id: Generated<number>;
  origin: string; // ftp, http, cli, internal
  changes_name: string;
  changes_sha256: string;
  payload_sha256: string | null;
  signer: string | null; // primary fingerprint
  state: string; // RECEIVED, VERIFYING, ACCEPTED, REJECTED
  reason: string | null; // code of the first error
  errors: string; // JSON [{code, message}]
  requested_distribution: string | null;
  distribution: string | null;
  source: string | null;
  version: string | null;
  component: string | null;
  /** Bkey reserved by a port call, else made when accepted. */
  reserved_bkey: string | null;
  /** Client address or who made it, for people. */
  received_from: string;
  created_at: string;
  ended_at: string | null;
  expired_at: string | null; // files removed by retention
}

export interface UploadFileTable {
  upload_id: number;
  name: string;
  size: number;
  sha256: string;
}

export interface PackagingTable {
  id: Generated<number>;
  bkey: string;
  upload_id: number;
  repository: string; // identity
  distribution: string;
  codename: string;
  suite: string;
  component: string;
  source: string;
  version: string;
  dsc: string; // file name in the upload
  options: string; // JSON: parsed upload options
  changed_by: string;
  state: string; // QUEUED, BUILDING, INSTALLING, INSTALLED, FAILED, CANCELLED
  reason: string | null;
  message: string | null;
  committed_at: string | null;
  accepted_no: number;
  retry_of: string | null; // bkey
  created_at: string;
  ended_at: string | null;
}

/** A port somebody asked for; its bkey is reserved until the upload it makes is accepted. */
export interface PortRequestTable {
  bkey: string;
  kind: string; // external
  target: string; // distribution
  source: string;
  version: string; // of the port
  url: string; // of the .dsc
  dsc_sha256: string;
  /** Who vouches for the .dsc: `archive` (verified Sources index), `https`, `hash`. */
  vouched_by: string;
  options: string; // JSON list of KEY[ARCH]=VALUE
  requested_by: string;
  state: string; // open, done, failed
  error: string | null;
  upload_id: number | null;
  created_at: string;
}

export interface BuildTable {
  id: Generated<number>;
  packaging_id: number;
  bkey: string;
  codename: string;
  arch: string;
  build_any: Flag;
  build_all: Flag;
  optional: Flag;
  state: string; // QUEUED, LEASED, BUILDING, UPLOADING, DEP_WAIT, BUILT, SKIPPED, FAILED, CANCELLED
  reason: string | null;
  message: string | null;
  attempt: number;
  fence: number;
  cancel_requested: Flag;
  worker: string | null;
  runner: string | null; // JSON {pid, started}
  result: string | null; // JSON, builds.md section 1
  queued_at: string;
  started_at: string | null;
  ended_at: string | null;
}

/** One published distribution of a repository: a live suite or a rollback of it. */
export interface ArchiveDistributionTable {
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
  options: string; // JSON: {md5?, sha1?, translations?, validDays?, contents?}
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
export interface PoolFileTable {
  repository: string;
  path: string; // pool/main/h/hello/hello_2.10-3_amd64.deb
  sha256: string;
  size: number;
  md5: string | null;
  sha1: string | null;
  created_at: string;
}

/** A source or binary package as it stands in an index. */
export interface PackageTable {
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
export interface PackageFileTable {
  package_id: number;
  repository: string;
  path: string; // pool_file.path
  /** No longer used: lists of paths are in `deb_paths`. */
  contents_sha256: string | null;
}

/** A source version with all that was built from it. */
export interface ReleaseTable {
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

export interface ReleasePackageTable {
  release_id: number;
  package_id: number;
}

/** A package is in a distribution from publish `added` until before publish `removed`. */
export interface MembershipTable {
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
export interface RollbackMembershipTable {
  id: Generated<number>;
  distribution_id: number; // the live one
  component: string;
  source: string;
  position: number;
  release_id: number;
  added: number;
  removed: number | null;
}

/** One number for each change of a repository; a moment is the state after a publish. */
export interface PublishTable {
  id: number; // from counter `publish`
  repository: string;
  time: string;
  cause: string;
  pinned: Flag;
}

/** What a .deb installs, by the content of the file; read once, whatever distributions it comes to. */
export interface DebPathsTable {
  sha256: string; // of the .deb
  /** Paths without leading ./ and without directories, one a line, sorted by bytes; raw deflate (RFC 1951). */
  paths: Uint8Array;
}

/** A named state of a distribution; its content is that of a publish, which is kept as long as the row is there. */
export interface SnapshotTable {
  id: Generated<number>;
  distribution_id: number;
  name: string; // below dists/<distribution>/snapshots/
  publish: number;
  created_at: string;
  created_by: string;
}

export type Row<K extends keyof Tables> = Selectable<Tables[K]>;
export type NewRow<K extends keyof Tables> = Insertable<Tables[K]>;
export type RowUpdate<K extends keyof Tables> = Updateable<Tables[K]>;
