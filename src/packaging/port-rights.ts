import { type BlobStore, MbdError } from "#platform";
import { type ResolvedDistribution, resolveUploadTarget } from "#repositories";
import type { Packaging } from "./packaging-store.ts";
import { findUpload } from "./upload-store.ts";
import { Rejection } from "./verify-payload.ts";
import {
  checkSigner,
  readSignedText,
  type SignedText,
  type SignedUpload,
  type SignerDeps,
} from "./verify-signer.ts";

// The ports that an upload asks for are signed by the instance, which may upload everywhere. So whoever signed the upload
// must be allowed to upload the source to each of their suites too, or those take uploads of everybody themselves.

/** Why an upload may not be ported to a target; undefined when it may. */
type PortRights = (target: ResolvedDistribution) => MbdError | undefined;

/** What is to be ported. */
type PortedUpload = Omit<SignedUpload, "target">;

/** Of an upload that is being verified; all targets that are not allowed are told at once. @throws Rejection, MbdError */
export async function checkPortRights(
  deps: SignerDeps,
  signed: SignedText,
  upload: PortedUpload,
  targets: readonly string[],
): Promise<void> {
  const errors: MbdError[] = [];
  for (const name of targets) {
    const refusal = await refusalOf(deps, signed, upload, await resolveUploadTarget(deps.db, name));
    if (refusal !== undefined) errors.push(refusal);
  }
  if (errors.length > 0) throw new Rejection(errors);
}

/** Once more, of an upload that is about to be installed: rights may have been withdrawn since it was verified. */
export async function portRightsOf(
  deps: SignerDeps & { readonly blobs: BlobStore },
  { upload_id, bkey, source }: Packaging,
  targets: readonly string[],
): Promise<PortRights> {
  if (targets.length === 0) return () => undefined;
  const upload = await findUpload(deps.db, upload_id);
  const gone = new MbdError("expired", { bkey });
  if (upload === undefined || !(await deps.blobs.has(upload.changes_sha256))) return () => gone;
  const ported = { changesName: upload.changes_name, source };
  const file = deps.blobs.path(upload.changes_sha256);
  const signed = await orRefusal(readSignedText(deps, file, upload.changes_name));
  if (signed instanceof MbdError) return () => signed;
  const refusals = new Map<string, MbdError | undefined>();
  for (const given of targets) {
    const target = await orRefusal(resolveUploadTarget(deps.db, given));
    if (target instanceof MbdError) continue; // told when the port is asked for
    refusals.set(target.name, await refusalOf(deps, signed, ported, target));
  }
  return (target) =>
    refusals.has(target.name) ? refusals.get(target.name) : notAllowed(ported, target, signed);
}

async function refusalOf(
  deps: SignerDeps,
  signed: SignedText,
  upload: PortedUpload,
  target: ResolvedDistribution,
): Promise<MbdError | undefined> {
  const result = await orRefusal(checkSigner(deps, signed, { ...upload, target }));
  if (!(result instanceof MbdError)) return undefined;
  return result.code === "bad_configuration" ? result : notAllowed(upload, target, signed, result);
}

/** `refusal`: says what else the signer may do there, if anything. */
function notAllowed(
  { changesName: changes }: PortedUpload,
  target: ResolvedDistribution,
  { check }: SignedText,
  refusal?: MbdError,
): MbdError {
  const repository = target.repository.identity;
  const what = refusal?.code === "not_authorised" ? refusal.params.what : undefined;
  const key = check.ok ? check.signer : check.key;
  const who = key === undefined ? "somebody without a valid signature" : `key ${key}`;
  return new MbdError("port_not_authorised", {
    ...{ changes, target: target.name, who, repository },
    what: what ?? `to repository '${repository}'`,
  });
}

/** An error that is an answer, not a fault of the machine. */
async function orRefusal<T>(asked: Promise<T>): Promise<T | MbdError> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof MbdError && error.status < 500) return error;
    throw error;
  }
}
