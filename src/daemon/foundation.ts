import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createAccounts } from "#accounts";
import { type Database, openPostgres, openSqlite } from "#db";
import { createEvents } from "#events";
import { createJobQueue } from "#jobs";
import { createVerifier, openInstanceKey } from "#keys";
import {
  createBlobStore,
  exec,
  exists,
  type Home,
  homeAt,
  type Log,
  lockHome,
  MbdError,
  prepareHome,
  statOrUndefined,
  systemClock,
  writeFileAtomic,
} from "#platform";
import { openIdentity, readSetting, writeSetting } from "./identity.ts";

export interface FoundationOptions {
  readonly home: string;
  readonly database?: string | undefined;
  readonly identity?: string | undefined;
  readonly hostname?: string | undefined;
}

export type Foundation = Awaited<ReturnType<typeof openFoundation>>;

/**
 * Opens a home: its lock, database, identity and key, and what stands on nothing else. One process at a time; the
 * daemon, or a command of the administrator when no daemon runs.
 */
export async function openFoundation(options: FoundationOptions, log: Log) {
  const home = homeAt(options.home);
  await prepareHome(home);
  const lock = lockHome(home.root);
  const clock = systemClock;
  const db = await openDatabase(home, options.database);
  const { identity, hostname } = await openIdentity(db, options);
  const fingerprint = await readSetting(db, "key_fingerprint");
  const signer = await openInstanceKey({
    ...{ home, exec, clock, identity, hostname },
    ...(fingerprint === undefined ? {} : { fingerprint }),
  });
  await db.write((tx) => writeSetting(tx, "key_fingerprint", signer.fingerprint));
  return {
    ...{ home, clock, log, db, exec, identity, hostname, signer },
    /** Names this process in leases. */
    owner: `${identity}/${process.pid}/${randomBytes(4).toString("hex")}`,
    blobs: createBlobStore(home.store),
    events: createEvents({ db, clock, instance: identity }),
    queue: createJobQueue(clock),
    accounts: createAccounts({ db, clock }),
    verifier: createVerifier({ exec, clock, keyringsDir: home.keyrings }),
    async close() {
      await signer.close();
      await db.close();
      lock.release();
    },
  };
}

/** The database that the option names, else the one that the home was opened with before, else SQLite. */
async function openDatabase(home: Home, option: string | undefined): Promise<Database> {
  const remembered = join(home.root, "database-url");
  const url = option ?? (await readIfPresent(remembered));
  if (url === undefined) return await openSqlite(home.database);
  if (!/^postgres(ql)?:/.test(url)) {
    throw new MbdError("bad_configuration", { reason: "the given database is not a postgres:// URL" });
  }
  if ((await statOrUndefined(home.database)) !== undefined) {
    const reason = `the home ${home.root} already has an SQLite database; --database is for a new home`;
    throw new MbdError("bad_configuration", { reason });
  }
  const db = await openPostgres(url);
  // Commands on the home must find the same database; the URL may hold a password.
  if (option !== undefined) await writeFileAtomic(remembered, option, 0o600);
  return db;
}

async function readIfPresent(path: string): Promise<string | undefined> {
  return (await exists(path)) ? (await readFile(path, "utf8")).trim() : undefined;
}
