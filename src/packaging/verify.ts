import { type Database, nextNumber, type Tx } from "#db";
import { type Changes, lookupUploadOption } from "#deb";
import type { Events, NewEvent } from "#events";
import type { JobContext, JobKind, JobQueue } from "#jobs";
import type { Verifier } from "#keys";
import { type BlobStore, type Clock, errorText, isoNow, type Log, MbdError } from "#platform";
import { type ResolvedDistribution, resolveUploadTarget } from "#repositories";
import { freeBkey } from "./bkey.ts";
import { insertPackaging, packagingsOfUpload } from "./packaging-store.ts";
import { checkPortRights } from "./port-rights.ts";
import { findPortOf, type PortEnds } from "./ports/index.ts";
import { priorityOf } from "./priority.ts";
import type { FindPoolFile } from "./source-files.ts";
import {
  filesOfUpload,
  findSamePayload,
  findUpload,
  moveUpload,
  type Upload,
  type UploadFile,
} from "./upload-store.ts";
import { type Complaint, complaintOf, Rejection, readChanges } from "./verify-payload.ts";
import { type Accepted, checkRules } from "./verify-rules.ts";
import { checkSigner, readSignedText, type SignedText } from "./verify-signer.ts";
import { checkVersionIsNew, type FindPlaces } from "./version-rules.ts";

export interface VerifyDeps {
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly verifier: Verifier;
  readonly instanceKey: { publicKeyBinary(): Uint8Array };
  readonly events: Events;
  readonly queue: JobQueue;
  readonly clock: Clock;
  readonly log: Log;
  readonly findPlaces: FindPlaces;
  readonly findPoolFile: FindPoolFile;
  readonly portEnds: PortEnds;
}

/** What a verification found out before it ended, for the row and the event. */
interface Facts {
  signed?: SignedText;
  changes?: Changes;
  target?: ResolvedDistribution;
  signer?: string | undefined;
  component?: string;
}

/** Job `verify_upload` of `upload:<id>`: RECEIVED → VERIFYING → ACCEPTED (and a packaging) or REJECTED. */
export function createVerifyJob(deps: VerifyDeps): JobKind {
  return {
    leaseSeconds: 120,
    heartbeatSeconds: 30,
    concurrency: 2,
    maxAttempts: 5,
    backoffSeconds: (attempt) => 2 ** attempt,
    async handle(context) {
      const id = subjectId(context.job.subject);
      const upload = await findUpload(deps.db.read, id);
      if (upload === undefined || !["RECEIVED", "VERIFYING"].includes(upload.state)) return;
      await deps.db.write(async (tx) => {
        await context.fenced(tx);
        await moveUpload(tx, id, "U6"); // whoever began it has lost its lease
        await moveUpload(tx, id, "U3");
      });
      const facts: Facts = {};
      const complaints = await verifyOrComplain(deps, context, upload, facts);
      if (complaints !== undefined) await reject(deps, context.fenced, upload, facts, complaints);
    },
    async dead(job, error) {
      const upload = await findUpload(deps.db.read, subjectId(job.subject));
      if (upload === undefined) return;
      const complaint = complaintOf(
        new MbdError("internal_error", { reason: errorText(error), id: `job ${job.id}` }),
      );
      await reject(deps, async () => undefined, upload, {}, [complaint]);
    },
  };
}

export function subjectId(subject: string): number {
  return Number(subject.slice(subject.indexOf(":") + 1));
}

async function verifyOrComplain(
  deps: VerifyDeps,
  context: JobContext,
  upload: Upload,
  facts: Facts,
): Promise<readonly Complaint[] | undefined> {
  try {
    const accepted = await verify(deps, upload, facts);
    await accept(deps, context, upload, facts, accepted);
    return undefined;
  } catch (error) {
    if (error instanceof Rejection) return error.complaints;
    if (error instanceof MbdError && !isOurFault(error)) return [complaintOf(error)];
    throw error;
  }
}

/** Nothing that an upload could be blamed for: a program or a keyring that is missing, a full disk. It is tried again. */
function isOurFault({ status, code }: MbdError): boolean {
  return status >= 500 || code === "bad_configuration";
}

/** The steps of pipeline.md 2.4 in their order; the first that fails throws. */
async function verify(deps: VerifyDeps, upload: Upload, facts: Facts): Promise<Accepted> {
  const db = deps.db.read;
  const name = upload.changes_name;
  const files = await filesOfUpload(db, upload.id);
  await checkFiles(deps.blobs, files, name);
  const { verifier, log } = deps;
  const keys = { db, verifier, log, instanceKey: deps.instanceKey.publicKeyBinary() };
  const signed = await readSignedText(keys, deps.blobs.path(upload.changes_sha256), name);
  facts.signed = signed;
  facts.signer = signed.check.ok ? signed.check.signer : undefined;
  const changes = readChanges(signed.payload, name);
  facts.changes = changes;
  checkListed(changes, files, name);
  await checkNotReplayed(db, upload, signed.payloadSha256);
  const target = await resolveUploadTarget(db, changes.distribution);
  facts.target = target;
  facts.signer = await checkSigner(keys, signed, { changesName: name, source: changes.source, target });
  const accepted = await checkRules(
    deps,
    { changes, changesName: name, files, target, signed: facts.signer !== undefined },
    facts,
  );
  const ports = lookupUploadOption(accepted.options, "auto-ports") ?? [];
  await checkPortRights(keys, signed, { changesName: name, source: changes.source }, ports);
  return accepted;
}

async function checkFiles(blobs: BlobStore, files: readonly UploadFile[], changes: string): Promise<void> {
  for (const file of files) {
    if (await blobs.verify({ sha256: file.sha256, sizeBytes: file.size })) continue;
    throw new MbdError("file_mismatch", {
      file: file.name,
      changes,
      reason: "its content changed in the store",
    });
  }
}

/** The list that made the upload complete was read from the raw file; here it is held against the signed text. */
function checkListed(changes: Changes, files: readonly UploadFile[], name: string): void {
  for (const listed of changes.files) {
    const received = files.find((file) => file.name === listed.name);
    if (received?.sha256 === listed.sha256 && received.size === listed.size) continue;
    const reason =
      received === undefined ? "it was not received" : "size or SHA256 are not those of the signed list";
    throw new MbdError("file_mismatch", { file: listed.name, changes: name, reason });
  }
}

async function checkNotReplayed(db: Database["read"], upload: Upload, payloadSha256: string): Promise<void> {
  for (const same of await findSamePayload(db, payloadSha256, upload.id)) {
    const [packaging] = await packagingsOfUpload(db, same.id);
    if (packaging === undefined || packaging.state === "FAILED") continue;
    const params = { changes: upload.changes_name, bkey: packaging.bkey, state: packaging.state };
    throw new MbdError("duplicate_upload", params);
  }
}

/** U4: the packaging is made in the transaction that accepts, under the version checks once more. */
async function accept(
  deps: VerifyDeps,
  context: JobContext,
  upload: Upload,
  facts: Facts,
  accepted: Accepted,
): Promise<void> {
  const { candidate, changes } = accepted;
  const { target, source, version } = candidate;
  await deps.db.write(async (tx) => {
    await context.fenced(tx);
    // First: of two uploads of one version that are verified at once, the second is to see the first.
    const accepted_no = await nextNumber(tx, "accepted");
    await checkVersionIsNew(tx, await deps.findPlaces(target.repository.identity, source, tx), candidate);
    const bkey = upload.reserved_bkey ?? (await freeBkey(tx, deps.clock, source, version));
    const moved = await moveUpload(tx, upload.id, "U4", {
      ...columnsOf(facts),
      ended_at: isoNow(deps.clock),
    });
    if (!moved) return;
    const port = (await findPortOf(tx, bkey))?.priority;
    const priority = priorityOf({ suite: target.suite.name, port });
    const id = await insertPackaging(tx, {
      bkey,
      upload_id: upload.id,
      repository: target.repository.identity,
      distribution: target.name,
      codename: target.distribution.codename,
      suite: target.suite.name,
      component: candidate.component,
      source,
      version,
      dsc: accepted.dscName,
      options: JSON.stringify(accepted.options),
      changed_by: changes.originallyChangedBy ?? changes.changedBy,
      state: "QUEUED",
      priority,
      reason: null,
      // Told by the event of the packaging's begin.
      message: accepted.warnings.join(" ") || null,
      committed_at: null,
      accepted_no,
      retry_of: null,
      created_at: isoNow(deps.clock),
      ended_at: null,
    });
    await deps.queue.enqueue(tx, { kind: "prepare", subject: `packaging:${id}`, priority });
  });
}

/** U5. */
async function reject(
  deps: VerifyDeps,
  fenced: (tx: Tx) => Promise<unknown>,
  upload: Upload,
  facts: Facts,
  complaints: readonly Complaint[],
): Promise<void> {
  await deps.db.write(async (tx) => {
    await fenced(tx);
    const change = {
      ...columnsOf(facts),
      reason: complaints[0]?.code ?? "internal_error",
      errors: JSON.stringify(complaints),
      ended_at: isoNow(deps.clock),
    };
    if (!(await moveUpload(tx, upload.id, "U5", change))) return;
    await deps.events.record(tx, rejectedEvent(upload, facts, complaints));
    if (upload.reserved_bkey !== null) await deps.portEnds.ended(tx, upload.reserved_bkey, "REJECTED");
  });
}

/** Of a .changes, this much is kept for mails. */
const MAX_CHANGES_TEXT = 64 * 1024;

function columnsOf(facts: Facts) {
  const { changes } = facts;
  return {
    payload_sha256: facts.signed?.payloadSha256 ?? null,
    signer: facts.signer ?? null,
    requested_distribution: facts.changes?.distribution ?? null,
    distribution: facts.target?.name ?? null,
    source: facts.changes?.source ?? null,
    version: facts.changes?.version ?? null,
    component: facts.component ?? null,
    changed_by: changes?.originallyChangedBy ?? changes?.changedBy ?? null,
    maintainer: changes?.maintainer ?? null,
    changes_text: facts.signed?.payload.slice(0, MAX_CHANGES_TEXT).replaceAll("\0", "\ufffd") ?? null,
  };
}

function rejectedEvent(upload: Upload, facts: Facts, complaints: readonly Complaint[]): NewEvent {
  const { changes, target } = facts;
  return {
    type: "REJECTED",
    message: complaints.map((complaint) => complaint.message).join(" "),
    source: changes?.source,
    version: changes?.version,
    distribution: target?.name ?? changes?.distribution,
    repository: target?.repository.identity,
    codename: target?.distribution.codename,
    suite: target?.suite.name,
    component: facts.component,
    bkey: upload.reserved_bkey ?? undefined,
    upload: upload.id,
    ...(facts.signer === undefined ? {} : { actor: { kind: "key" as const, name: facts.signer } }),
    data: { errors: complaints, origin: upload.origin, changes: upload.changes_name },
  };
}
