import type { ArchiveAdmin, ArchiveIo, ArchiveReport, ArchiveRequest } from "#api";
import { add } from "./add.ts";
import { copy, remove, restore } from "./changes.ts";
import type { ArchiveHandDeps } from "./deps.ts";
import { importDistribution } from "./import.ts";
import { initDistribution } from "./init.ts";
import { keep } from "./keep.ts";
import { list } from "./ls.ts";
import { listMoments, pinMoment } from "./moments.ts";
import { pinEntries } from "./pins.ts";
import { createSnapshot, deleteSnapshot, listSnapshots } from "./snapshots.ts";
import { check, collect, reindex } from "./upkeep.ts";

/** The administrator's direct hand on the archives; see `ArchiveAdmin`. */
export function createArchiveAdmin(deps: ArchiveHandDeps): ArchiveAdmin {
  return { run: async (request, io) => await runCommand(deps, request, io) };
}

async function runCommand(
  deps: ArchiveHandDeps,
  request: ArchiveRequest,
  io: ArchiveIo,
): Promise<ArchiveReport> {
  switch (request.command) {
    case "init":
      return await initDistribution(deps, request);
    case "add":
      return await add(deps, request, io);
    case "copy":
      return await copy(deps, request);
    case "remove":
      return await remove(deps, request);
    case "restore":
      return await restore(deps, request);
    case "ls":
      return await list(deps, request);
    case "snapshot-create":
      return await createSnapshot(deps, request);
    case "snapshot-delete":
      return await deleteSnapshot(deps, request);
    case "snapshot-list":
      return await listSnapshots(deps, request);
    case "moment-list":
      return await listMoments(deps, request);
    case "moment-pin":
      return await pinMoment(deps, request);
    case "import":
      return await importDistribution(deps, request, io);
    case "check":
      return await check(deps, request, io);
    case "keep":
      return await keep(deps, request);
    case "rollback-pin":
      return await pinEntries(deps, request);
    case "gc":
      return await collect(deps, request, io);
    case "reindex":
      return await reindex(deps, request);
  }
}
