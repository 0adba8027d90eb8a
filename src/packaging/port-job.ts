import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Database } from "#db";
import { findOriginalVersion, formatChangelogEntry, parseChangelog, withoutEpoch } from "#deb";
import type { Events } from "#events";
import type { Incoming, LocalFile } from "#incoming";
import type { JobContext, JobKind } from "#jobs";
import type { Signer } from "#keys";
import {
  type BlobStore,
  type Clock,
  errorText,
  type Home,
  MbdError,
  removeTree,
  statOrUndefined,
} from "#platform";
import { resolveUploadTarget } from "#repositories";
import { openDownload } from "./guarded-download.ts";
import { dscNameOf } from "./port-ext.ts";
import { archiveUrls, endPortRequest, findPortRequest, type PortRequest } from "./port-store.ts";
import { ENTRY_FILE, prependChangelog, readChangelog, type SourceTool } from "./source-sandbox.ts";
import { readDscBlob } from "./verify-payload.ts";

export interface PortJobDeps {
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly home: Home;
  readonly clock: Clock;
  readonly events: Events;
  readonly signer: Signer;
  readonly sourceTool: SourceTool;
  readonly incoming: Pick<Incoming, "submitInternal">;
  readonly identity: string;
  readonly hostname: string;
}

/** All files of one source; what an upload by HTTP or FTP may have in one session too. */
const MAX_SOURCE_BYTES = 16 * 1024 ** 3;

/** Job `port` of `port:<bkey>`: fetches, adds a changelog entry, repacks, signs and submits. Repeatable until submitted. */
export function createPortJob(deps: PortJobDeps): JobKind {
  const bkeyOf = (subject: string) => subject.slice("port:".length);
  return {
    leaseSeconds: 300,
    heartbeatSeconds: 60,
    concurrency: 1,
    maxAttempts: 3,
    backoffSeconds: (attempt) => 5 * attempt,
    async handle(context) {
      const request = await findPortRequest(deps.db.read, bkeyOf(context.job.subject));
      if (request?.state !== "open") return;
      const workDir = join(deps.home.work, `port-${context.job.id}`);
      await removeTree(workDir);
      await mkdir(workDir, { recursive: true });
      try {
        const dscName = await fetchSource(deps, context, request, workDir);
        const files = await repack(deps, request, workDir, dscName);
        await submit(deps, context, request, files);
      } catch (error) {
        if (
          !(error instanceof MbdError) ||
          ["download_failed", "tool_failed", "internal_error", "engine_stopped"].includes(error.code)
        )
          throw error;
        await fail(deps, request, error.message);
      } finally {
        await removeTree(workDir);
      }
    },
    async dead(job, error) {
      const request = await findPortRequest(deps.db.read, bkeyOf(job.subject));
      if (request !== undefined) await fail(deps, request, errorText(error));
    },
  };
}

/** The .dsc as it was checked by the call, and the files it lists, each by its SHA-256. */
async function fetchSource(
  deps: PortJobDeps,
  context: JobContext,
  request: PortRequest,
  workDir: string,
): Promise<string> {
  const name = dscNameOf(request.url);
  const stored = deps.blobs.path(request.dsc_sha256);
  const size = (await statOrUndefined(stored))?.size ?? 0;
  const dsc = await readDscBlob(deps.blobs, { name, sha256: request.dsc_sha256, size });
  await deps.blobs.linkTo(request.dsc_sha256, join(workDir, name));
  const allowed = await archiveUrls(deps.db.read);
  const totalBytes = dsc.files.reduce((sum, file) => sum + file.size, 0);
  if (totalBytes > MAX_SOURCE_BYTES)
    throw new MbdError("too_large", { what: `The source of ${name}`, limit: MAX_SOURCE_BYTES });
  for (const file of dsc.files) {
    const url = new URL(encodeURIComponent(file.name), request.url).href;
    if (!(await deps.blobs.has(file.sha256))) {
      const stream = await openDownload(url, { allowed, signal: context.signal });
      const blob = await deps.blobs.put(stream, { maxBytes: file.size, name: file.name });
      if (blob.sha256 !== file.sha256) {
        throw new MbdError("file_mismatch", {
          file: file.name,
          changes: name,
          reason: `its SHA256 is ${blob.sha256}, not ${file.sha256}`,
        });
      }
    }
    await deps.blobs.linkTo(file.sha256, join(workDir, file.name));
  }
  return name;
}

async function repack(
  deps: PortJobDeps,
  request: PortRequest,
  workDir: string,
  dscName: string,
): Promise<string> {
  const { sourceTool } = deps;
  const target = await resolveUploadTarget(deps.db.read, request.target);
  await sourceTool(workDir, ".", ["dpkg-source", "--no-check", "-x", dscName, "tree"]);
  const email = `mini-buildd@${deps.hostname}`;
  const original = findOriginalVersion(parseChangelog(await readChangelog(sourceTool, workDir)), email);
  const entry = formatChangelogEntry({
    source: request.source,
    version: request.version,
    distribution: target.name,
    bullets: [
      `Automated port via mini-buildd (no changes). Original DSC's SHA256: ${request.dsc_sha256}.`,
      ...(JSON.parse(request.options) as string[]).map((option) => `MINI_BUILDD_OPTION: ${option}`),
      `External port from: ${request.url}`,
    ],
    name: `mini-buildd-${deps.identity}`,
    email,
    date: deps.clock.now(),
  });
  await writeFile(join(workDir, ENTRY_FILE), entry, { flag: "wx" });
  await prependChangelog(sourceTool, workDir);
  await sourceTool(workDir, ".", ["dpkg-source", "-b", "tree"]);
  const author = `${original.author.name} <${original.author.email}>`;
  const { stdout } = await sourceTool(workDir, "tree", [
    ...["dpkg-genchanges", "-S", "-sa", `-v${original.version}`],
    `-DX-Mini-Buildd-Originally-Changed-By=${author}`,
  ]);
  return stdout;
}

/** Signs the .changes and hands everything to incoming, in one transaction with the end of the request. */
async function submit(
  deps: PortJobDeps,
  context: JobContext,
  request: PortRequest,
  changes: string,
): Promise<void> {
  const workDir = join(deps.home.work, `port-${context.job.id}`);
  const changesName = `${request.source}_${withoutEpoch(request.version)}_source.changes`;
  await writeFile(join(workDir, changesName), await deps.signer.clearsign(changes));
  const names = [...changes.matchAll(/^ [0-9a-f]{64} [0-9]+ (\S+)$/gm)].flatMap(([, name]) =>
    name === undefined ? [] : [name],
  );
  const files: LocalFile[] = [];
  for (const name of [...names, changesName]) {
    files.push({ name, ...(await deps.blobs.putFile(join(workDir, name))) });
  }
  await deps.db.write(async (tx) => {
    await context.fenced(tx);
    if ((await findPortRequest(tx, request.bkey))?.state !== "open") return; // cancelled meanwhile
    const uploadId = await deps.incoming.submitInternal(tx, {
      changes: changesName,
      files,
      reservedBkey: request.bkey,
      from: request.requested_by,
      priority: -10,
    });
    if (!(await endPortRequest(tx, request.bkey, { state: "done", upload_id: uploadId }))) return;
    await deps.events.record(tx, {
      ...subjectOf(request),
      type: "PORTED",
      upload: uploadId,
      message: `ported from ${request.url}`,
      data: {
        target: request.target,
        version: request.version,
        upload: uploadId,
        url: request.url,
        vouched_by: request.vouched_by,
      },
    });
  });
}

async function fail(deps: PortJobDeps, request: PortRequest, error: string): Promise<void> {
  await deps.db.write(async (tx) => {
    if (!(await endPortRequest(tx, request.bkey, { state: "failed", error }))) return;
    await deps.events.record(tx, {
      ...subjectOf(request),
      type: "PORTED",
      message: `port failed: ${error}`,
      data: { target: request.target, version: request.version, error },
    });
  });
}

function subjectOf(request: PortRequest) {
  return {
    source: request.source,
    version: request.version,
    distribution: request.target,
    bkey: request.bkey,
  };
}
