import { z } from "zod";
import { findSubscribers } from "#accounts";
import type { Row, Tx } from "#db";
import type { EventView } from "#events";
import type { MailedBuild } from "./mail-text.ts";
import type { Telling } from "./recipients.ts";

/** What rows tell about an event that is to be mailed. */
export interface EventFacts extends Pick<Telling, "waitedBefore" | "repository" | "upload" | "subscribers"> {
  readonly builds: readonly MailedBuild[];
  readonly changesText: string | null;
  /** Of this instance, without a slash at its end; empty before it has run once. */
  readonly url: string;
}

export async function factsOf(tx: Tx, event: EventView): Promise<EventFacts> {
  const packaging = await packagingOf(tx, event);
  const upload = await uploadOf(tx, event.upload ?? packaging?.upload_id);
  const repository = await repositoryOf(tx, event.repository);
  return {
    waitedBefore: event.type === "DEP_WAIT" && (await waitedBefore(tx, event)),
    repository,
    upload:
      upload === undefined
        ? undefined
        : { signed: upload.signer !== null, changedBy: upload.changed_by, maintainer: upload.maintainer },
    subscribers: await findSubscribers(tx, {
      package: event.source ?? "",
      distribution: event.distribution ?? "",
    }),
    builds: event.packaging === undefined ? [] : await buildsOf(tx, event.packaging),
    changesText: upload?.changes_text ?? null,
    url: await urlOf(tx),
  };
}

/** A version that is moved or removed came by the last packaging that installed it. */
async function packagingOf(tx: Tx, event: EventView): Promise<Row<"packaging"> | undefined> {
  const { packaging, repository, source, version, upload } = event;
  if (packaging !== undefined)
    return await tx.selectFrom("packaging").selectAll().where("id", "=", packaging).executeTakeFirst();
  if (upload !== undefined || repository === undefined || source === undefined || version === undefined)
    return undefined;
  return await tx
    .selectFrom("packaging")
    .selectAll()
    .where("repository", "=", repository)
    .where("source", "=", source)
    .where("version", "=", version)
    .where("state", "=", "INSTALLED")
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
}

async function uploadOf(tx: Tx, id: number | undefined): Promise<Row<"upload"> | undefined> {
  if (id === undefined) return undefined;
  return await tx.selectFrom("upload").selectAll().where("id", "=", id).executeTakeFirst();
}

async function repositoryOf(tx: Tx, identity: string | undefined): Promise<EventFacts["repository"]> {
  if (identity === undefined) return undefined;
  const row = await tx
    .selectFrom("repository")
    .select(["notify", "notify_changed_by", "notify_maintainer", "allow_emails_to"])
    .where("identity", "=", identity)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    identity,
    notify: JSON.parse(row.notify) as string[],
    notifyChangedBy: row.notify_changed_by === 1,
    notifyMaintainer: row.notify_maintainer === 1,
    allowEmailsTo: row.allow_emails_to,
  };
}

async function waitedBefore(tx: Tx, { id, packaging }: EventView): Promise<boolean> {
  const earlier = await tx
    .selectFrom("event")
    .select("id")
    .where("packaging", "=", packaging ?? 0)
    .where("type", "=", "DEP_WAIT")
    .where("id", "<", id)
    .limit(1)
    .executeTakeFirst();
  return earlier !== undefined;
}

async function urlOf(tx: Tx): Promise<string> {
  const row = await tx.selectFrom("setting").select("value").where("name", "=", "url").executeTakeFirst();
  return row?.value ?? "";
}

const MAX_ERROR_LINES = 5;

/** As much of a build's result (`BuildResult` of `#builds`) as a mail shows. */
const mailedResult = z.object({
  qa: z.record(z.string(), z.object({ result: z.string() })).default({}),
  errorLines: z.array(z.object({ text: z.string() })).default([]),
});

async function buildsOf(tx: Tx, packaging: number): Promise<MailedBuild[]> {
  const rows = await tx
    .selectFrom("build")
    .select(["id", "arch", "state", "reason", "message", "result"])
    .where("packaging_id", "=", packaging)
    .orderBy("arch")
    .execute();
  return rows.map(({ result, ...build }) => {
    const { qa, errorLines } = mailedResult
      .catch({ qa: {}, errorLines: [] })
      .parse(JSON.parse(result ?? "{}"));
    const isBad = build.state === "FAILED";
    return {
      ...build,
      qa: Object.entries(qa)
        .filter(([, report]) => report.result !== "SKIPPED")
        .map(([tool, report]) => `${tool} ${report.result}`),
      errorLines: isBad ? errorLines.slice(0, MAX_ERROR_LINES).map(({ text }) => text) : [],
    };
  });
}
