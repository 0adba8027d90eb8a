import type { Tx } from "#db";
import type { Events, EventType } from "#events";
import type { BuildRow } from "./build-store.ts";

/** Records an event of one build, with all that its packaging says about it. */
export async function recordBuildEvent(
  events: Pick<Events, "record">,
  tx: Tx,
  build: BuildRow,
  event: { type: EventType; message: string; data: Readonly<Record<string, unknown>> },
): Promise<void> {
  const packaging = await tx
    .selectFrom("packaging")
    .select(["source", "version", "distribution", "repository", "suite", "component", "upload_id"])
    .where("id", "=", build.packaging_id)
    .executeTakeFirstOrThrow();
  const { upload_id: upload, ...subject } = packaging;
  await events.record(tx, {
    ...event,
    ...subject,
    codename: build.codename,
    arch: build.arch,
    bkey: build.bkey,
    upload,
    packaging: build.packaging_id,
    build: build.id,
  });
}
