import { createArchive } from "#archive";
import type { OpenedArchive } from "#cli";
import type { Database } from "#db";
import { readDeb } from "#deb";
import { createEvents } from "#events";
import { createJobQueue } from "#jobs";
import { createVerifier, type SecretKey } from "#keys";
import {
  createBlobStore,
  exec,
  type Home,
  homeAt,
  lockHome,
  prepareHome,
  silentLog,
  systemClock,
} from "#platform";
import { createArchiveAdmin } from "./archive/admin.ts";
import { openIdentity, readSetting, writeSetting } from "./identity.ts";
import { openDatabase } from "./open-database.ts";
import { openKey } from "./open-key.ts";
import { publishDue } from "./publish-due.ts";

/**
 * Opens the archives of a home that no daemon uses, for one command of the administrator; holds the lock of the home
 * until it is closed. Loads and opens nothing that archives do not need.
 */
export async function openArchive(root: string): Promise<OpenedArchive> {
  const home = homeAt(root);
  await prepareHome(home);
  const lock = lockHome(home.root);
  const ends: (() => Promise<unknown>)[] = [async () => lock.release()];
  const close = async () => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const db = await openDatabase(home, undefined);
    ends.push(() => db.close());
    const { identity, hostname } = await openIdentity(db, {});
    const signer = await keyOf(db, home, { identity, hostname });
    ends.push(() => signer.close());
    const common = { db, home, exec, clock: systemClock, blobs: createBlobStore(home.store) };
    const queue = createJobQueue(systemClock);
    // Known once a daemon has served the home.
    const url = await readSetting(db, "url");
    const log = silentLog;
    const events = createEvents({ db, clock: systemClock, instance: identity });
    const archive = createArchive({
      ...{ ...common, signer, queue, log },
      ...(url === undefined ? {} : { url }),
    });
    const verifier = createVerifier({ exec, clock: systemClock, keyringsDir: home.keyrings });
    // What is due is shown before the home is left: nobody else would do it.
    ends.push(() => publishDue(archive, db, log));
    return {
      archive: createArchiveAdmin({
        ...{ ...common, log, events, archive, queue, verifier, readDeb, identity, hostname },
      }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function keyOf(
  db: Database,
  home: Home,
  names: { identity: string; hostname: string },
): Promise<SecretKey> {
  const fingerprint = await readSetting(db, "key_fingerprint");
  const key = await openKey({ home, exec, clock: systemClock, ...names }, fingerprint);
  if (fingerprint === undefined) await db.write((tx) => writeSetting(tx, "key_fingerprint", key.fingerprint));
  return key;
}
