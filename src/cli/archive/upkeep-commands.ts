import type { Command } from "commander";
import {
  ageOf,
  type ChangeOptions,
  changeOf,
  changing,
  common,
  given,
  MOMENT_DAYS,
  type Perform,
  ROLLBACK_DAYS,
} from "./options.ts";
import type { ArchiveOptions } from "./perform.ts";
import * as words from "./words.ts";

/** Commands for what is past, and for what is broken. */

export function addSnapshot(archive: Command, run: Perform): void {
  const snapshot = archive.command("snapshot").description("named states of a distribution");
  const create = snapshot
    .command("create")
    .description("keep the present state of a distribution under a name")
    .argument("<distribution>")
    .argument("<name>");
  changing(create).action(async (distribution: string, name: string, options: ChangeOptions) => {
    await run(options, { command: "snapshot-create", distribution, name, ...changeOf(options) });
  });
  const list = snapshot
    .command("list")
    .description("list the snapshots of a distribution")
    .argument("<distribution>");
  common(list).action(async (distribution: string, options: ArchiveOptions) => {
    await run(options, { command: "snapshot-list", distribution });
  });
  const remove = snapshot
    .command("delete")
    .description("delete a snapshot")
    .argument("<distribution>")
    .argument("<name>");
  changing(remove).action(async (distribution: string, name: string, options: ChangeOptions) => {
    await run(options, { command: "snapshot-delete", distribution, name, ...changeOf(options) });
  });
}

export function addMoment(archive: Command, run: Perform): void {
  const moment = archive
    .command("moment")
    .description("earlier states of a repository that clients may go back to");
  const list = moment
    .command("list")
    .description("list the moments of a repository, the newest first")
    .argument("<repository>")
    .option("--limit <number>", "at most so many (default: 100)", words.positive)
    .option("--pinned", "only those that are kept for ever");
  common(list).action(
    async (repository: string, options: ArchiveOptions & { limit?: number; pinned?: boolean }) => {
      const { limit, pinned } = options;
      await run(options, { command: "moment-list", repository, ...given({ limit, pinned }) });
    },
  );
  for (const [word, pinned, what] of [
    ["pin", true, "keep the moment of a time (YYYYMMDDTHHMMSSZ) for ever"],
    ["unpin", false, "keep a moment no longer than others again"],
  ] as const) {
    const command = moment.command(word).description(what).argument("<repository>").argument("<timestamp>");
    common(command).action(async (repository: string, timestamp: string, options: ArchiveOptions) => {
      await run(options, { command: "moment-pin", repository, timestamp, pinned });
    });
  }
}

export function addMaintenance(archive: Command, run: Perform): void {
  const keep = archive
    .command("keep")
    .description("say, or without options show, how long a distribution keeps what is past")
    .argument("<distribution>")
    .option(...MOMENT_DAYS)
    .option(...ROLLBACK_DAYS);
  common(keep).action(
    async (
      distribution: string,
      options: ArchiveOptions & { momentDays?: number; rollbackDays?: number | "forever" },
    ) => {
      const { momentDays, rollbackDays } = options;
      await run(options, {
        command: "keep",
        distribution,
        ...given({ momentDays, rollbackDays: ageOf(rollbackDays) }),
      });
    },
  );
  addPins(archive, run);
  const check = archive
    .command("check")
    .description("compare database, pool and published files; exit code 5 when something is wrong")
    .option("--repair", "mend what can be mended")
    .option("--full", "compare content too, which reads everything");
  common(check).action(async (options: ArchiveOptions & { repair?: boolean; full?: boolean }) => {
    const full = options.full === true ? { full: true } : {};
    await run(options, { command: "check", repair: options.repair === true, ...full });
  });
  const gc = archive
    .command("gc")
    .description("remove files that no distribution, rollback, snapshot or kept moment needs")
    .option("--dry-run", "print what would go, and remove nothing");
  common(gc).action(async (options: ArchiveOptions & { dryRun?: boolean }) => {
    await run(options, { command: "gc", dryRun: options.dryRun === true });
  });
  const reindex = archive
    .command("reindex")
    .description("write all indices of a distribution, or of all, anew")
    .argument("[distribution]")
    .option("--force", "have clients fetch all of it, even when nothing differs");
  common(reindex).action(
    async (distribution: string | undefined, options: ArchiveOptions & { force?: boolean }) => {
      await run(options, { command: "reindex", ...given({ distribution, force: options.force }) });
    },
  );
}

function addPins(archive: Command, run: Perform): void {
  const pin = archive
    .command("pin")
    .description(
      "keep rollbacks whatever their number and age; without sources, print those that are kept so",
    )
    .argument("<distribution>", "a live distribution, or one of its rollbacks")
    .argument("[source[=version]...]", "source packages");
  common(pin).action(async (distribution: string, named: string[], options: ArchiveOptions) => {
    const sources = named.map(words.sourceOf);
    const chosen = sources.length === 0 ? {} : { sources };
    await run(options, { command: "rollback-pin", distribution, ...chosen, pinned: true });
  });
  const unpin = archive
    .command("unpin")
    .description("keep rollbacks no longer than others again")
    .argument("<distribution>", "a live distribution, or one of its rollbacks")
    .argument("<source[=version]...>");
  common(unpin).action(async (distribution: string, named: string[], options: ArchiveOptions) => {
    const sources = named.map(words.sourceOf);
    await run(options, { command: "rollback-pin", distribution, sources, pinned: false });
  });
}
