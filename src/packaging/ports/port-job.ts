import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { Tx } from "#db";
import { withoutEpoch } from "#deb";
import type { Events } from "#events";
import type { Incoming, LocalFile } from "#incoming";
import type { JobContext, JobKind } from "#jobs";
import type { Signer } from "#keys";
import { type Exec, errorText, type Home, isoNow, MbdError } from "#platform";
import { readChanges } from "../verify-payload.ts";
import { type PlaceDeps, placeSource } from "./place-source.ts";
import type { PortEnds } from "./port-ends.ts";
import { endPortRequest, findPortRequest, type PortRequest } from "./port-store.ts";
import { portFailed, portMade } from "./port-words.ts";
import { type RepackDeps, repack } from "./repack.ts";
import { PORT_PREFIX, removeWork } from "./work-dirs.ts";

export interface PortJobDeps extends PlaceDeps, RepackDeps {
  readonly home: Pick<Home, "work">;
  readonly exec: Exec;
  readonly events: Events;
  readonly signer: Pick<Signer, "clearsign">;
  readonly incoming: Pick<Incoming, "submitInternal">;
  readonly portEnds: PortEnds;
}

/** Not the port's own fault, so it may go better later. */
const PASSING = ["download_failed", "tool_failed", "internal_error", "engine_stopped"];

/**
 * Job `port` of `port:<bkey>`, the same for all ports: places the source package that is ported, adds a changelog entry,
 * repacks, signs and submits it. Repeatable until it is submitted.
 */
export function createPortJob(deps: PortJobDeps): JobKind {
  const dirOf = (jobId: number) => join(deps.home.work, `${PORT_PREFIX}${jobId}`);
  return {
    leaseSeconds: 300,
    heartbeatSeconds: 60,
    concurrency: 2,
    maxAttempts: 3,
    backoffSeconds: (attempt) => 5 * attempt,
    async handle(context) {
      const workDir = dirOf(context.job.id);
      await removeWork(deps.exec, workDir);
      const request = await findPortRequest(deps.db.read, bkeyOf(context.job.subject));
      if (request?.state !== "open") return;
      await mkdir(workDir, { recursive: true });
      try {
        await placeSource(deps, request, workDir, context.signal);
        const changes = await repack(stoppable(deps, context.signal), request, workDir);
        const upload = await storeUpload(deps, request, workDir, changes);
        await submit(deps, context, request, upload);
      } catch (error) {
        if (!(error instanceof MbdError) || PASSING.includes(error.code)) throw error;
        await deps.db.write(async (tx) => {
          await context.fenced(tx);
          await fail(deps, tx, request, error.message);
        });
      } finally {
        await removeWork(deps.exec, workDir);
      }
    },
    async dead(job, error) {
      await removeWork(deps.exec, dirOf(job.id));
      const request = await findPortRequest(deps.db.read, bkeyOf(job.subject));
      if (request !== undefined) await deps.db.write((tx) => fail(deps, tx, request, errorText(error)));
    },
  };
}

/** Tools end with the lease and with the daemon. */
function stoppable(deps: PortJobDeps, signal: AbortSignal): PortJobDeps {
  return { ...deps, sourceTool: (dir, sub, command) => deps.sourceTool(dir, sub, command, signal) };
}

function bkeyOf(subject: string): string {
  return subject.slice("port:".length);
}

interface StoredUpload {
  readonly changes: string;
  readonly files: readonly LocalFile[];
}

/**
 * Signs the .changes, and puts it and all it lists into the store. Its text was made of untrusted source, in a directory
 * that tools wrote to which read it: it must be about this port, and its files be what it says.
 */
async function storeUpload(
  { blobs, signer }: PortJobDeps,
  { source, version, target }: PortRequest,
  workDir: string,
  text: string,
): Promise<StoredUpload> {
  const name = `${source}_${withoutEpoch(version)}_source.changes`;
  const changes = readChanges(text, name);
  if (changes.source !== source || changes.version !== version || changes.distribution !== target) {
    const reason = `it is about ${changes.source} ${changes.version} for ${changes.distribution}, not the port`;
    throw new MbdError("bad_changes", { changes: name, reason });
  }
  const files: LocalFile[] = [];
  for (const { name: file, sha256, size: sizeBytes } of changes.files) {
    const expected = { sha256, sizeBytes, list: name };
    files.push({ name: file, ...(await blobs.putFile(join(workDir, file), { expected })) });
  }
  const signed = Readable.from([Buffer.from(await signer.clearsign(text))]);
  files.push({ name, ...(await blobs.put(signed)) });
  return { changes: name, files };
}

/** Hands the upload to incoming, in one transaction with the end of the request. */
async function submit(
  deps: PortJobDeps,
  context: JobContext,
  request: PortRequest,
  { changes, files }: StoredUpload,
): Promise<void> {
  const { bkey, priority, requested_by: from } = request;
  await deps.db.write(async (tx) => {
    await context.fenced(tx);
    if ((await findPortRequest(tx, bkey))?.state !== "open") return; // cancelled meanwhile
    const internal = { changes, files, reservedBkey: bkey, from, priority };
    const upload = await deps.incoming.submitInternal(tx, internal);
    await endPortRequest(tx, bkey, { state: "done", upload_id: upload, ended_at: isoNow(deps.clock) });
    await deps.events.record(tx, portMade(request, upload));
  });
}

async function fail(deps: PortJobDeps, tx: Tx, request: PortRequest, error: string): Promise<void> {
  const change = { state: "failed", error, ended_at: isoNow(deps.clock) };
  if (!(await endPortRequest(tx, request.bkey, change))) return;
  await deps.events.record(tx, portFailed(request, error));
  await deps.portEnds.ended(tx, request.bkey, "ERROR");
}
