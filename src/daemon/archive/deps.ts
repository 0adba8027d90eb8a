import type { Archive, DebReader, PublishQueue } from "#archive";
import type { Database } from "#db";
import type { Verifier } from "#keys";
import type { BlobStore, Clock, Exec, Home } from "#platform";

/** What the administrator's direct hand on the archives stands on. */
export interface ArchiveHandDeps {
  readonly db: Database;
  readonly home: Home;
  readonly clock: Clock;
  readonly exec: Exec;
  readonly blobs: BlobStore;
  readonly archive: Archive;
  readonly queue: PublishQueue;
  readonly verifier: Verifier;
  readonly readDeb: DebReader;
  readonly identity: string;
  readonly hostname: string;
}
