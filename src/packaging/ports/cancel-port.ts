import type { Executor, Tx } from "#db";
import type { Actor, Events } from "#events";
import { type Clock, isoNow, MbdError } from "#platform";
import { UPLOAD_TRANSITIONS } from "../states.ts";
import { findUpload, moveUpload } from "../upload-store.ts";
import { complaintOf } from "../verify-payload.ts";
import type { PortEnds } from "./port-ends.ts";
import { endPortRequest, findPortRequest, type PortRequest } from "./port-store.ts";
import { subjectOf } from "./port-words.ts";

export interface CancelPortDeps {
  readonly events: Events;
  readonly clock: Clock;
  readonly portEnds: PortEnds;
}

/**
 * The port that has reserved a bkey and can still be cancelled: until its upload is accepted.
 * @throws MbdError not_found, finished
 */
export async function findOpenPort(db: Executor, bkey: string): Promise<PortRequest> {
  const request = await findPortRequest(db, bkey);
  if (request === undefined) throw new MbdError("not_found", { what: `A packaging with bkey '${bkey}'` });
  if (request.state === "open") return request;
  const upload = request.upload_id === null ? undefined : await findUpload(db, request.upload_id);
  const from: readonly string[] = UPLOAD_TRANSITIONS.U5.from;
  if (upload === undefined || !from.includes(upload.state)) {
    throw new MbdError("finished", { bkey, state: request.state });
  }
  return request;
}

/**
 * Cancels a port by the bkey that it reserved, until its upload is accepted. The job does nothing for a request that has
 * ended, and verification nothing for an upload that was rejected meanwhile.
 * @throws MbdError not_found, finished
 */
export async function cancelPort(deps: CancelPortDeps, tx: Tx, bkey: string, actor: Actor): Promise<void> {
  const request = await findOpenPort(tx, bkey);
  const message = `cancelled by ${actor.name}`;
  const now = isoNow(deps.clock);
  const change = { state: "failed", error: message, ended_at: now };
  const cancelled =
    (await endPortRequest(tx, bkey, change)) || (await rejectUpload(tx, request, actor.name, now));
  if (!cancelled) throw new MbdError("finished", { bkey, state: request.state });
  await deps.events.record(tx, {
    ...subjectOf(request),
    ...{ type: "CANCELLED", message, actor },
    data: { scope: "port" },
  });
  await deps.portEnds.ended(tx, bkey, "CANCELLED");
}

async function rejectUpload(
  tx: Tx,
  { bkey, upload_id: upload }: PortRequest,
  by: string,
  now: string,
): Promise<boolean> {
  if (upload === null) return false;
  const complaint = complaintOf(new MbdError("cancelled", { bkey, by }));
  const change = {
    reason: complaint.code,
    errors: JSON.stringify([complaint]),
    ended_at: now,
  };
  return await moveUpload(tx, upload, "U5", change);
}
