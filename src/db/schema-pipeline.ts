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
  created_at: string;
  ended_at: string | null;
}

/** A port somebody asked for; its bkey is reserved until the upload it makes is accepted. */
interface PortRequestTable {
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

interface BuildTable {
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
