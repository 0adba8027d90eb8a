import { randomBytes } from "node:crypto";
import { createAccounts } from "#accounts";
import { createEvents } from "#events";
import { createJobQueue } from "#jobs";
import { createVerifier, openInstanceKey, readKeys } from "#keys";
import { createMail, isAddress, openTransport } from "#mail";
import { createHooks, createNotifications, createSendHook } from "#notify";
import {
  createBlobStore,
  exec,
  homeAt,
  type Log,
  lockHome,
  MbdError,
  prepareHome,
  systemClock,
} from "#platform";
import { openIdentity, readSetting, writeSetting } from "./identity.ts";
import { openDatabase } from "./open-database.ts";

export interface FoundationOptions {
  readonly home: string;
  readonly database?: string | undefined;
  readonly identity?: string | undefined;
  readonly hostname?: string | undefined;
  /** Without it mail does not work, and none is written. */
  readonly smtp?: string | undefined;
  /** Mail addresses that are told of everything. */
  readonly notify?: readonly string[] | undefined;
}

export type Foundation = Awaited<ReturnType<typeof openFoundation>>;

/**
 * Opens a home: its lock, database, identity and key, and what stands on nothing else. One process at a time; the
 * daemon, or a command of the administrator when no daemon runs.
 */
export async function openFoundation(options: FoundationOptions, log: Log) {
  const notify = checkedAddresses(options.notify ?? []);
  const transport = options.smtp === undefined ? undefined : openTransport(options.smtp);
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
  const queue = createJobQueue(clock);
  const mail =
    transport === undefined ? undefined : createMail({ db, clock, log, queue, hostname, transport });
  const accounts = createAccounts({
    ...{ db, clock, log, readKeys: (bytes) => readKeys(bytes, exec, "key") },
    ...(mail === undefined ? {} : { mail: mail.put }),
    // Of the last daemon; its port may be another at each start.
    url: async () => (await readSetting(db, "url")) ?? `http://${hostname}:8066`,
  });
  const sendHook = createSendHook({ clock });
  return {
    ...{ home, clock, log, db, exec, identity, hostname, signer, queue, mail, accounts, sendHook },
    /** Names this process in leases. */
    owner: `${identity}/${process.pid}/${randomBytes(4).toString("hex")}`,
    blobs: createBlobStore(home.store),
    events: createEvents({
      ...{ db, clock, instance: identity },
      alongside: createNotifications({ clock, log, queue, putMail: mail?.put, identity, hostname, notify }),
    }),
    hooks: createHooks({ db, clock, identity, audit: accounts.audit, send: sendHook }),
    verifier: createVerifier({ exec, clock, keyringsDir: home.keyrings }),
    async close() {
      await signer.close();
      await db.close();
      lock.release();
    },
  };
}

/** @throws MbdError bad_configuration */
function checkedAddresses(addresses: readonly string[]): readonly string[] {
  for (const address of addresses) {
    if (!isAddress(address))
      throw new MbdError("bad_configuration", { reason: `'${address}' is not a mail address to notify` });
  }
  return addresses;
}
