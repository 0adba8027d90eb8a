import type { Executor } from "#db";
import type { ArchiveDistribution } from "../types.ts";
import type { ChangeRequest } from "./change-request.ts";
import { draftAdd, draftInstall } from "./draft-add.ts";
import { draftCopy, draftCopyAll } from "./draft-copy.ts";
import { draftExpire, draftRemove, draftRestore } from "./draft-remove.ts";
import { type Draft, knownDistribution } from "./draft-rules.ts";

/** Plans a request on what rows say. Reads only. @throws MbdError when it cannot be done */
export async function draftChange(db: Executor, request: ChangeRequest): Promise<Draft> {
  switch (request.kind) {
    case "copy":
      return await draftCopy(db, request);
    case "copy-all":
      return await draftCopyAll(db, request);
    case "remove":
      return await draftRemove(db, request);
    case "restore":
      return await draftRestore(db, request);
    case "expire":
      return await draftExpire(db, request);
    case "install":
      return await draftInstall(db, request);
    case "add":
      return await draftAdd(db, request);
  }
}

/** The distribution whose repository a request changes. @throws MbdError not_found */
export async function targetOf(db: Executor, request: ChangeRequest): Promise<ArchiveDistribution> {
  return await knownDistribution(db, "to" in request ? request.to : request.distribution);
}
