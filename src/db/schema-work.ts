import type { Generated } from "kysely";
import type { Flag } from "./schema-flag.ts";

/** What is to be done, and what happened. */
export interface WorkTables {
  job: JobTable;
  event: EventTable;
  work_span: WorkSpanTable;
}

interface JobTable {
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
  /** Asked for again while it was leased: it is queued once more when it ends, for `run_after`. */
  again: Flag;
  error: string | null;
  created_at: string;
  ended_at: string | null;
}

/** A stretch of time in which the engine ran. */
interface WorkSpanTable {
  id: Generated<number>;
  began_at: string;
  /** When it was last known to run. */
  until: string;
}

interface EventTable {
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
