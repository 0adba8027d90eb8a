import type { Archive } from "#archive";
import type { ChrootService } from "#chroots";
import type { Actor } from "#events";
import type { Incoming } from "#incoming";
import type { CronWork } from "#jobs";
import { type Retention, retentionLines, retentionSummary } from "#packaging";
import { autoMigrate, autoMigratedText, autoSnapshots } from "#repositories";
import { listSources, SOURCE_CHECK } from "#sources";
import { collectDaily } from "./archive/upkeep.ts";
import type { Foundation } from "./foundation.ts";

export interface DailyDeps
  extends Pick<Foundation, "db" | "queue" | "log" | "clock" | "events" | "accounts" | "identity"> {
  readonly chroots: Pick<ChrootService, "remakeDue">;
  readonly archive: Archive;
  readonly incoming: Pick<Incoming, "cleanUp">;
  readonly retention: Retention;
}

export interface RegularWork extends CronWork {
  /** What it would do now, a line a thing; absent where nobody can tell before it is done. */
  plan?(): Promise<readonly string[]>;
}

/** The regular work of an instance, by the names that call `cronjob` takes. */
export function regularWork(deps: DailyDeps): RegularWork[] {
  const { db, archive } = deps;
  const system: Actor = { kind: "system", name: deps.identity };
  const daily = (name: string, run: CronWork["run"]): CronWork => ({ name, every: "day", run });
  return [
    daily("sources", () => askForSources(deps)),
    daily("chroots", async () => {
      const due = await deps.chroots.remakeDue();
      return due.length === 0
        ? "no chroot is to be made again"
        : `to be made again: ${due.map(({ key, reason }) => `${key} (${reason})`).join(", ")}`;
    }),
    daily("incoming", async (signal) => {
      const { files, rejectedUploads } = await deps.incoming.cleanUp(signal);
      return `${files} files that no upload took and the files of ${rejectedUploads} rejected uploads went`;
    }),
    daily("accounts", async () => {
      const { sessions, links, registrations } = await deps.accounts.cleanUp();
      return `${sessions} sessions, ${links} links and ${registrations} registrations went`;
    }),
    {
      ...daily("retention", async () => retentionSummary(await deps.retention.apply())),
      plan: async () => retentionLines(await deps.retention.planOwn()),
    },
    daily("archive", async (signal) => {
      const { releases, packages, blobs } = await collectDaily({ archive, db }, signal);
      return `${releases} releases and ${packages} packages forgotten, ${blobs.count} files (${blobs.bytes} bytes) went`;
    }),
    daily("auto_migrate", async (signal) => autoMigratedText(await autoMigrate(deps, system, signal))),
    daily("snapshots", async (signal) => {
      const { made, deleted, failed } = await autoSnapshots(deps, system, signal);
      return `${made} snapshots made, ${deleted} deleted, ${failed} could not be`;
    }),
    {
      name: "releases",
      every: "hour",
      run: async () => `${(await archive.renewDue()).length} Release files are renewed`,
    },
  ];
}

async function askForSources({ db, queue }: Pick<DailyDeps, "db" | "queue">): Promise<string> {
  const sources = await listSources(db.read);
  await db.write(async (tx) => {
    for (const { id } of sources) await queue.enqueue(tx, { kind: SOURCE_CHECK, subject: `source:${id}` });
  });
  return `${sources.length} sources are checked`;
}
