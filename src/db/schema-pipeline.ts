import type { Generated } from "kysely";
import type { Flag } from "./schema-flag.ts";

/** The way of an upload: files that came in, uploads, packagings, builds, ports. */
export interface PipelineTables {
  incoming_session: IncomingSessionTable;
  incoming_file: IncomingFileTable;
  upload: UploadTable;
  upload_file: UploadFileTable;
  packaging: PackagingTable;
  build: BuildTable;
  port_request: PortRequestTable;
}

interface IncomingSessionTable {
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

interface IncomingFileTable {
  id: Generated<number>;
  session_id: string;
  name: string;
  size: number;
  sha256: string;
  received_at: string;
  /** The upload that took it. */
  upload_id: number | null;
}

interface UploadTable {
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
  /** As the signed text has them: who made the change (of a port, the original one), and who maintains the source. */
  changed_by: string | null;
  maintainer: string | null;
  /** The beginning of what the signature of the .changes covers, for mails; null again once the files went. */
  changes_text: string | null;
}

interface UploadFileTable {
  upload_id: number;
  name: string;
  size: number;
  sha256: string;
}

interface PackagingTable {
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
  /** Of the jobs of its builds; higher ones first. */
  priority: Generated<number>;
  created_at: string;
  ended_at: string | null;
  /** Nothing of it goes by retention. */
  pinned: Generated<Flag>;
  /** Since when the archive has nothing of what was installed, as retention saw it. */
  release_gone_at: string | null;
  /** When retention removed the last of it. */
  expired_at: string | null;
}

/** A port somebody asked for; its bkey is reserved until the upload it makes is accepted. */
interface PortRequestTable {
  bkey: string;
  kind: string; // external, internal, auto, keyring, test
  target: string; // distribution
  source: string;
  version: string; // of the port
  /** Of an internal or automatic port: the distribution it is taken from. */
  from_distribution: string | null;
  dsc: string; // file name of what is ported
  dsc_sha256: string;
  /** Address of the .dsc, below which its files are; empty when all of them are stored. */
  url: string;
  /** JSON list of SHA-256: files that must not go while the request is open. */
  kept: string;
  /** Who vouches for the .dsc: `archive` (verified Sources index), `https`; `instance`: it is our own. */
  vouched_by: string;
  options: string; // JSON list of KEY[ARCH]=VALUE
  requested_by: string;
  priority: number;
  /** Once it is installed, it is migrated to the end of its chain of suites. */
  migrate: Flag;
  /** Of a test package: the state that its packaging must end in, and the one it ended in. */
  expected: string | null;
  got: string | null;
  state: string; // open, done, failed
  error: string | null;
  upload_id: number | null;
  created_at: string;
  ended_at: string | null;
}

interface BuildTable {
  id: Generated<number>;
  packaging_id: number;
  /** Of its packaging, which never changes them: lists of builds are by these. */
  source: Generated<string>;
  distribution: Generated<string>;
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
  /** Most that the present or last attempt may take; null: not written down. */
  memory_bytes: number | null;
  result: string | null; // JSON, builds.md section 1
  queued_at: string;
  /** Since when it is kept from beginning: no chroot, or a source in error. */
  held_since: string | null;
  /** Since when, of that, nobody is there to make it, which has a limit (B15); null while its source is in error. */
  no_builder_since: string | null;
  started_at: string | null;
  ended_at: string | null;
  /** When retention let its results go, and its log with what lies beside that. */
  files_expired_at: string | null;
  log_expired_at: string | null;
}
