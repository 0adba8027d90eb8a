import type { Archive, DebReader, PublishQueue } from "#archive";
import type { Database } from "#db";
import type { Actor, Events } from "#events";
import type { Verifier } from "#keys";
import type { BlobStore, Clock, Exec, Home, Log } from "#platform";

/** What the administrator's direct hand on the archives stands on. */
export interface ArchiveHandDeps {
  readonly db: Database;
  readonly home: Home;
  readonly clock: Clock;
  readonly exec: Exec;
  readonly blobs: BlobStore;
  readonly log: Log;
  readonly events: Events;
  readonly archive: Archive;
  readonly queue: PublishQueue;
  readonly verifier: Verifier;
  readonly readDeb: DebReader;
  readonly identity: string;
  readonly hostname: string;
}

/** Events name so whoever is the administrator of the machine, as they do for calls on its own socket. */
export const ADMINISTRATOR: Actor = { kind: "user", name: "local" };
