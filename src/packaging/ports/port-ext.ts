import type { Database } from "#db";
import { componentOfDsc, externalPortVersion, isFileName, quote } from "#deb";
import { type BlobStore, MbdError } from "#platform";
import { resolveUploadTarget } from "#repositories";
import { archiveUrls, isBelow, openDownload } from "#sources";
import { readDscBlob } from "../verify-payload.ts";
import { versionsOf } from "../version-rules.ts";
import {
  checkOptions,
  eachTarget,
  type PortAnswer,
  type PortSource,
  type ReserveDeps,
  reservePort,
} from "./port-request.ts";

const MAX_DSC_BYTES = 1024 * 1024;

/** SHA-256 of a .dsc in the verified Sources index of a configured archive, if it is listed there. */
export type FindInIndex = (dscUrl: string) => Promise<{ readonly sha256: string } | undefined>;

export interface PortExtDeps extends ReserveDeps {
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly findInIndex: FindInIndex;
}

export interface PortExtRequest {
  readonly dsc: string;
  readonly distributions: readonly string[];
  /** KEY[ARCH]=VALUE. */
  readonly options: readonly string[];
  readonly requestedBy: string;
}

/** Call `port_ext` (pipeline.md 8.1): fetches the .dsc and checks all that can be checked with it; jobs fetch the rest. */
export async function portExt(deps: PortExtDeps, request: PortExtRequest): Promise<PortAnswer[]> {
  const { options, requestedBy } = request;
  checkOptions(options);
  const from = await fetchDsc(deps, request.dsc);
  return await eachTarget(request.distributions, async (distribution) => {
    const target = await resolveUploadTarget(deps.db.read, distribution);
    const version = externalPortVersion(from.version, versionsOf(target));
    const wish = { kind: "external" as const, from, target, version, options, requestedBy };
    return await deps.db.write((tx) => reservePort(deps, tx, wish));
  });
}

async function fetchDsc(deps: PortExtDeps, url: string): Promise<PortSource> {
  const allowed = await archiveUrls(deps.db.read);
  const name = dscNameOf(url);
  const stream = await openDownload(url, { allowed });
  const { sha256, sizeBytes: size } = await deps.blobs.put(stream, { maxBytes: MAX_DSC_BYTES, name });
  const vouchedBy = await vouch(deps, url, sha256, allowed);
  const dsc = await readDscBlob(deps.blobs, { name, sha256, size });
  const { source, version } = dsc;
  const component = componentOfDsc(dsc);
  return { ...{ source, version, component, url, vouchedBy }, dsc: { name, sha256 }, kept: [] };
}

/** Security.md 16: below a configured archive the verified index vouches, elsewhere the transport must be https. */
async function vouch(
  deps: PortExtDeps,
  url: string,
  sha256: string,
  allowed: readonly string[],
): Promise<"archive" | "https"> {
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
