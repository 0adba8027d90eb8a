import { type BlobStore, MbdError } from "#platform";
import { type ResolvedDistribution, resolveUploadTarget } from "#repositories";
import type { Packaging } from "./packaging-store.ts";
import { findUpload } from "./upload-store.ts";
import { Rejection } from "./verify-payload.ts";
import { checkSigner, readSignedText, type SignedText, type SignerDeps } from "./verify-signer.ts";

// The ports that an upload asks for are signed by the instance, which may upload everywhere. So whoever signed the upload
// must be allowed to upload to each of their repositories too, or those take uploads of everybody themselves.

/** Why an upload may not be ported to a target; undefined when it may. */
type PortRights = (target: ResolvedDistribution) => MbdError | undefined;

/** Of an upload that is being verified; all targets that are not allowed are told at once. @throws Rejection, MbdError */
export async function checkPortRights(
  deps: SignerDeps,
  signed: SignedText,
  changesName: string,
  targets: readonly string[],
): Promise<void> {
  const errors: MbdError[] = [];
  for (const name of targets) {
    const refusal = await refusalOf(deps, signed, changesName, await resolveUploadTarget(deps.db, name));
    if (refusal !== undefined) errors.push(refusal);
  }
  if (errors.length > 0) throw new Rejection(errors);
}

/** Once more, of an upload that is about to be installed: rights may have been withdrawn since it was verified. */
export async function portRightsOf(
  deps: SignerDeps & { readonly blobs: BlobStore },
  { upload_id, bkey }: Packaging,
  targets: readonly string[],
): Promise<PortRights> {
  if (targets.length === 0) return () => undefined;
  const upload = await findUpload(deps.db, upload_id);
  const gone = new MbdError("expired", { bkey });
  if (upload === undefined || !(await deps.blobs.has(upload.changes_sha256))) return () => gone;
  const name = upload.changes_name;
  const signed = await orRefusal(readSignedText(deps, deps.blobs.path(upload.changes_sha256), name));
  if (signed instanceof MbdError) return () => signed;
  const refusals = new Map<string, MbdError | undefined>();
  for (const given of targets) {
    const target = await orRefusal(resolveUploadTarget(deps.db, given));
    if (target instanceof MbdError) continue; // told when the port is asked for
    refusals.set(target.name, await refusalOf(deps, signed, name, target));
  }
  return (target) =>
    refusals.has(target.name) ? refusals.get(target.name) : notAllowed(name, target, signed);
}

async function refusalOf(
  deps: SignerDeps,
  signed: SignedText,
  changesName: string,
  target: ResolvedDistribution,
): Promise<MbdError | undefined> {
  const result = await orRefusal(checkSigner(deps, signed, changesName, target));
  if (!(result instanceof MbdError)) return undefined;
  return result.code === "bad_configuration" ? result : notAllowed(changesName, target, signed);
}

function notAllowed(changes: string, target: ResolvedDistribution, { check }: SignedText): MbdError {
  const repository = target.repository.identity;
  const key = check.ok ? check.signer : check.key;
  const who = key === undefined ? "somebody without a valid signature" : `key ${key}`;
  return new MbdError("port_not_authorised", { changes, target: target.name, who, repository });
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
