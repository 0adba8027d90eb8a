import type { Executor } from "#db";

/** A fact of the instance, such as `key_fingerprint`. */
export async function setting(db: Executor, name: string): Promise<string | undefined> {
  const row = await db.selectFrom("setting").select("value").where("name", "=", name).executeTakeFirst();
  return row?.value;
}

/** Number of the newest event: where a page goes on listening. */
export async function lastEventId(db: Executor): Promise<number> {
  const row = await db.selectFrom("event").select("id").orderBy("id", "desc").limit(1).executeTakeFirst();
  return Number(row?.id ?? 0);
}

export interface Trouble {
  readonly what: string;
  readonly name: string;
  readonly state: string;
  readonly error: string;
}

/** What an administrator should look at: chroots and sources that do not work, jobs that were given up. */
export async function troubles(db: Executor): Promise<Trouble[]> {
  const sources = await db.selectFrom("source").selectAll().where("state", "=", "error").limit(10).execute();
  const chroots = await db
    .selectFrom("chroot")
    .selectAll()
    .where("state", "in", ["error", "stale"])
    .limit(10)
    .execute();
  const jobs = await db
    .selectFrom("job")
    .selectAll()
    .where("state", "=", "dead")
    .orderBy("id", "desc")
    .limit(5)
    .execute();
  return [
    ...sources.map((row) => ({
      what: "Source",
      name: `${row.origin} ${row.codename}`,
      state: row.state,
      error: row.error ?? "",
    })),
    ...chroots.map((row) => ({
      what: "Chroot",
      name: `${row.codename} ${row.arch}`,
      state: row.state,
      error: row.error ?? "",
    })),
    ...jobs.map((row) => ({
      what: "Job",
      name: `${row.kind} ${row.subject}`,
      state: "given up",
      error: row.error ?? "",
    })),
  ];
}
