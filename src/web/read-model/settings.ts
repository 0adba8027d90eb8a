import type { Executor } from "#db";
import { ambiguousMetas } from "#repositories";

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

/** What the daemon found at its start (builds.md 9). */
const MEMORY_UNLIMITED: Trouble = {
  what: "Limit of builds",
  name: "memory",
  state: "not kept",
  error: "the daemon has no control groups to make builds in; as a systemd unit with Delegate=yes it has",
};

/** A job that failed so often is in trouble, even if it is tried for ever. */
const MANY_ATTEMPTS = 3;
const DAY_MS = 24 * 3600 * 1000;

/**
 * What an administrator should look at: names that nobody can upload to, chroots and sources that do not work, jobs that
 * fail again and again; jobs, mails and events for web hooks that were given up within the last day; limits of builds that
 * are not kept.
 */
export async function troubles(db: Executor, now: Date): Promise<Trouble[]> {
  const sources = await db.selectFrom("source").selectAll().where("state", "=", "error").limit(10).execute();
  const chroots = await db
    .selectFrom("chroot")
    .selectAll()
    .where("state", "in", ["error", "stale"])
    .limit(10)
    .execute();
  const yesterday = new Date(now.getTime() - DAY_MS).toISOString();
  const jobs = await db
    .selectFrom("job")
    .selectAll()
    .where((eb) =>
      eb.or([
        eb("state", "in", ["queued", "leased"]).and("attempt", ">=", MANY_ATTEMPTS),
        // Of mails the rows tell, which know also those that were refused at once.
        eb("state", "=", "dead").and("ended_at", ">=", yesterday).and("kind", "!=", "mail"),
      ]),
    )
    .orderBy("id", "desc")
    .limit(10)
    .execute();
  const mails = await db
    .selectFrom("outbox")
    .select(["id", "error"])
    .where("state", "=", "dead")
    .where("ended_at", ">=", yesterday)
    .orderBy("id", "desc")
    .limit(10)
    .execute();
  const metas = await ambiguousMetas(db);
  const hooks = await failingHooks(db, yesterday);
  const unlimited = (await setting(db, "memory_limit")) === "no";
  return [
    ...metas.map(({ meta, repositories }) => ({
      what: "Meta distribution",
      name: meta,
      state: `claimed by ${repositories.join(", ")}`,
      error: "",
    })),
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
      state: `${row.state === "dead" ? "given up, " : ""}tried ${row.attempt} times`,
      error: row.error ?? "",
    })),
    // Not to whom: anybody may see this.
    ...mails.map((row) => ({
      what: "Mail",
      name: String(row.id),
      state: "given up",
      error: row.error ?? "",
    })),
    ...hooks,
    ...(unlimited ? [MEMORY_UNLIMITED] : []),
  ];
}

/** Web hooks that fail again and again, or lost events within the last day. Not to where: anybody may see this. */
async function failingHooks(db: Executor, yesterday: string): Promise<Trouble[]> {
  const rows = await db
    .selectFrom("hook")
    .select((eb) => [
      "name",
      "failures",
      "error",
      eb
        .selectFrom("hook_delivery")
        .whereRef("hook_delivery.hook_id", "=", "hook.id")
        .where("hook_delivery.state", "=", "dead")
        .where("hook_delivery.ended_at", ">=", yesterday)
        .select((count) => count.fn.countAll().as("lost"))
        .as("lost"),
    ])
    .orderBy("name")
    .execute();
  return rows.flatMap(({ name, failures, error, lost }) => {
    const states = [
      ...(Number(lost) > 0 ? [`${Number(lost)} events given up`] : []),
      ...(failures >= MANY_ATTEMPTS ? [`tried ${failures} times`] : []),
    ];
    return states.length === 0
      ? []
      : [{ what: "Web hook", name, state: states.join(", "), error: error ?? "" }];
  });
}

/** `Job install packaging:17 (tried 5 times): REASON` */
export function troubleText({ what, name, state, error }: Trouble): string {
  return `${what} ${name} (${state})${error === "" ? "" : `: ${error.slice(0, 300)}`}`;
}
