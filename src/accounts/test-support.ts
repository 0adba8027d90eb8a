import { onTestFinished } from "vitest";
import { type Database, openTestDatabase, type Tx } from "#db";
import type { Clock } from "#platform";
import { type Accounts, createAccounts } from "./accounts.ts";
import type { ReadKey } from "./deps.ts";
import type { By } from "./principal.ts";

/** Accounts on an empty database, with a clock to turn and mails to read. */
export interface Bench {
  readonly db: Database;
  readonly accounts: Accounts;
  readonly mails: { to: string; subject: string; body: string; key: string }[];
  /** Lets time pass. */
  pass(time: { seconds?: number; minutes?: number; hours?: number; days?: number }): void;
  now(): string;
  /** An active user with {@link PASSWORD}. */
  addUser(name: string, level?: "LOGIN" | "STAFF" | "ADMIN"): Promise<number>;
  /** A repository with suites `unstable` and `experimental`, and `testing`, which takes no uploads. */
  addRepository(identity: string): Promise<void>;
  /** Actions recorded, oldest first: `kind name: action outcome`. */
  recorded(): Promise<string[]>;
}

export const PASSWORD = "correct horse battery";
export const BOSS: By = { kind: "user", name: "boss", client: "192.0.2.9" };
export const CLIENT = "192.0.2.1";
export const BROWSER = { client: CLIENT, userAgent: "Browser/1" };

export async function openBench(
  options: { mail?: boolean; keys?: (bytes: Uint8Array) => Promise<readonly ReadKey[]> } = {},
): Promise<Bench> {
  const db = await openTestDatabase();
  onTestFinished(() => db.close());
  let time = Date.parse("2024-01-02T03:00:00.000Z");
  const clock: Clock = { now: () => new Date(time) };
  const mails: Bench["mails"] = [];
  const accounts = createAccounts({
    // Cheap, or most of the time of the tests would be spent on it.
    scrypt: { N: 256, r: 8, p: 1 },
    ...{ db, clock, url: async () => "http://build.example.org:8066" },
    readKeys: options.keys ?? (async () => []),
    ...(options.mail === false ? {} : { mail: async (_tx, mail) => void mails.push({ ...mail }) }),
  });
  return {
    ...{ db, accounts, mails, now: () => clock.now().toISOString() },
    pass({ seconds = 0, minutes = 0, hours = 0, days = 0 }) {
      time += (seconds + 60 * (minutes + 60 * (hours + 24 * days))) * 1000;
    },
    async addUser(name, level = "LOGIN") {
      await accounts.saveUser(name, level, PASSWORD);
      const users = await accounts.users.list();
      return users.find((user) => user.name === name)?.id ?? 0;
    },
    addRepository: (identity) => db.write((tx) => insertRepository(tx, identity)),
    async recorded() {
      const rows = await accounts.audit.latest({ limit: 100 });
      return rows.reverse().map((row) => `${row.actor.kind} ${row.actor.name}: ${row.action} ${row.outcome}`);
    },
  };
}

async function insertRepository(tx: Tx, identity: string): Promise<void> {
  const names = { default_version: "", mandatory_version_regex: "", meta_distributions: "" };
  const experimental = { experimental_default_version: "", experimental_mandatory_version_regex: "" };
  const { id: layout_id } = await tx
    .insertInto("layout")
    .values({ name: identity, ...names, ...experimental })
    .returning("id")
    .executeTakeFirstOrThrow();
  const flags = {
    experimental: 0,
    build_keyring_package: 0,
    not_automatic: 0,
    but_automatic_upgrades: 0,
  } as const;
  const rest = { ...flags, migrates_to: null, auto_migrate_after: 0, rollback: 0, sources_per_component: 1 };
  const suites = ["unstable", "experimental", "testing"];
  await tx
    .insertInto("suite")
    .values(
      suites.map((name) => ({ layout_id, name, ...rest, uploadable: name === "testing" ? 0 : 1 }) as const),
    )
    .execute();
  await tx
    .insertInto("repository")
    .values({
      ...{ identity, layout_id, origin: "o", description: "", created_at: "2024-01-02T03:00:00.000Z" },
      ...{ allow_unauthenticated_uploads: 0, extra_uploader_keyrings: "[]", active: 1 },
    })
    .execute();
}

/** The secret in the address of the last mail. */
export function secretOf(mail: { body: string } | undefined): string {
  return /[?&]secret=([A-Za-z0-9_-]+)/.exec(mail?.body ?? "")?.[1] ?? "";
}
