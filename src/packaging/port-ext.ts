import type { Database } from "#db";
import { type Dsc, externalPortVersion, isFileName, parseUploadOptions, quote } from "#deb";
import type { JobQueue } from "#jobs";
import { type BlobStore, type Clock, isoNow, MbdError } from "#platform";
import { type ResolvedDistribution, resolveUploadTarget } from "#repositories";
import { freeBkey } from "./bkey.ts";
import { isBelow, openDownload } from "./guarded-download.ts";
import { archiveUrls, insertPortRequest } from "./port-store.ts";
import { readDscBlob } from "./verify-payload.ts";
import { checkVersionForm, checkVersionIsNew, type FindPlaces, versionsOf } from "./version-rules.ts";

const MAX_DSC_BYTES = 1024 * 1024;

/** SHA-256 of a .dsc in the verified Sources index of a configured archive, if it is listed there. */
export type FindInIndex = (dscUrl: string) => Promise<{ readonly sha256: string } | undefined>;

export interface PortExtDeps {
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly queue: JobQueue;
  readonly clock: Clock;
  readonly findPlaces: FindPlaces;
  readonly findInIndex: FindInIndex;
}

export interface PortExtRequest {
  readonly dsc: string;
  readonly distributions: readonly string[];
  /** KEY[ARCH]=VALUE. */
  readonly options: readonly string[];
  readonly requestedBy: string;
}

/** One target: accepted with its reserved bkey, or why not; one bad target does not stop the others. */
export type PortAnswer =
  | { readonly target: string; readonly version: string; readonly bkey: string; readonly job: string }
  | { readonly target: string; readonly error: string };

/** Call `port_ext` (pipeline.md 8.1): checks everything that can be checked now, reserves bkeys, leaves the work to jobs. */
export async function portExt(deps: PortExtDeps, request: PortExtRequest): Promise<PortAnswer[]> {
  checkOptions(request.options);
  const fetched = await fetchDsc(deps, request.dsc);
  const answers: PortAnswer[] = [];
  for (const distribution of request.distributions) {
    try {
      answers.push(
        await reserve(deps, request, fetched, await resolveUploadTarget(deps.db.read, distribution)),
      );
    } catch (error) {
      if (!(error instanceof MbdError)) throw error;
      answers.push({ target: distribution, error: error.message });
    }
  }
  return answers;
}

interface FetchedDsc {
  readonly dsc: Dsc;
  readonly sha256: string;
  readonly vouchedBy: string;
}

async function fetchDsc(deps: PortExtDeps, url: string): Promise<FetchedDsc> {
  const allowed = await archiveUrls(deps.db.read);
  const name = dscNameOf(url);
  const stream = await openDownload(url, { allowed });
  const blob = await deps.blobs.put(stream, { maxBytes: MAX_DSC_BYTES, name });
  const vouchedBy = await vouch(deps, url, blob.sha256, allowed);
  return {
    dsc: await readDscBlob(deps.blobs, { name, sha256: blob.sha256, size: blob.sizeBytes }),
    sha256: blob.sha256,
    vouchedBy,
  };
}

/** Security.md 16: below a configured archive the verified index vouches, elsewhere the transport must be https. */
async function vouch(
  deps: PortExtDeps,
  url: string,
  sha256: string,
  allowed: readonly string[],
): Promise<string> {
  if (!isBelow(url, allowed)) {
    if (url.startsWith("https:")) return "https";
    throw new MbdError("unverified_source", {
      url,
      reason: "it is neither below a configured archive nor fetched by https",
    });
  }
  const listed = await deps.findInIndex(url);
  if (listed?.sha256 === sha256) return "archive";
  const reason =
    listed === undefined
      ? "the verified Sources index does not list it"
      : "its SHA256 is not that of the verified Sources index";
  throw new MbdError("unverified_source", { url, reason });
}

async function reserve(
  deps: PortExtDeps,
  request: PortExtRequest,
  { dsc, sha256, vouchedBy }: FetchedDsc,
  target: ResolvedDistribution,
): Promise<PortAnswer> {
  const { source } = dsc;
  const version = externalPortVersion(dsc.version, versionsOf(target));
  const candidate = { source, version, component: "main", target };
  checkVersionForm(candidate);
  return await deps.db.write(async (tx) => {
    await checkVersionIsNew(tx, await deps.findPlaces(target.repository.identity, source, tx), candidate);
    const bkey = await freeBkey(tx, deps.clock, source, version);
    await insertPortRequest(tx, {
      bkey,
      kind: "external",
      target: target.name,
      source,
      version,
      url: request.dsc,
      dsc_sha256: sha256,
      vouched_by: vouchedBy,
      options: JSON.stringify(request.options),
      requested_by: request.requestedBy,
      state: "open",
      error: null,
      upload_id: null,
      created_at: isoNow(deps.clock),
    });
    const job = { kind: "port", subject: `port:${bkey}` };
    await deps.queue.enqueue(tx, job);
    return { target: target.name, version, bkey, job: job.subject };
  });
}

function checkOptions(options: readonly string[]): void {
  const { errors } = parseUploadOptions(options);
  const [first] = errors;
  if (first !== undefined)
    throw new MbdError("bad_argument", { argument: "options", reason: first.message.replace(/\.$/, "") });
}

/** The last part of a .dsc's address, as the name under which it is unpacked. @throws MbdError bad_argument */
export function dscNameOf(url: string): string {
  const name = lastPart(url);
  if (name !== undefined && isFileName(name) && name.endsWith(".dsc")) return name;
  throw new MbdError("bad_argument", {
    argument: "dsc",
    reason: `${quote(url)} is not the address of a .dsc`,
  });
}

function lastPart(url: string): string | undefined {
  try {
    return decodeURIComponent(new URL(url).pathname.split("/").pop() ?? "");
  } catch {
    return undefined; // neither an address nor decodable: the caller says so
  }
}
