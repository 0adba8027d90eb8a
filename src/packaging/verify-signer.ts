import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { covers, listActiveKeys, listUploaderKeys, scopeText } from "#accounts";
import type { Executor, Row } from "#db";
import type { SignatureCheck, Verifier } from "#keys";
import { errorText, type Log, MbdError } from "#platform";
import { listRepositories, type ResolvedDistribution } from "#repositories";

/** What the signature of a .changes says, before it is known which repository it is for. */
export interface SignedText {
  /** Path of the whole file. */
  readonly file: string;
  /** The text that counts: what the signature covers, or all of an unsigned file. */
  readonly payload: string;
  readonly payloadSha256: string;
  readonly check: SignatureCheck;
}

export interface SignerDeps {
  readonly db: Executor;
  readonly verifier: Verifier;
  /** The instance may upload everywhere: ports are signed by it. */
  readonly instanceKey: Uint8Array;
  readonly log: Log;
}

const UNUSABLE = ["signature_bad", "signature_format"];

/** Step 2: checks the signature against every key that may upload anywhere. A bad signature is refused everywhere. */
export async function readSignedText(
  deps: SignerDeps,
  file: string,
  changesName: string,
): Promise<SignedText> {
  // What one repository lacks concerns no upload to another; for its own it is told in step 6.
  const skip = (error: MbdError): void => deps.log.warn({ reason: error.message }, "keyring left out");
  const keys = await keysOf(deps, await listActiveKeys(deps.db), await listRepositories(deps.db), skip);
  const check = await deps.verifier.verifyClearsigned(file, keys);
  if (!check.ok && (UNUSABLE.includes(check.code) || check.payload === undefined)) {
    throw signatureError(check, changesName, "");
  }
  const payload = check.payload ?? "";
  return { file, payload, payloadSha256: createHash("sha256").update(payload).digest("hex"), check };
}

/** What is signed for where. */
export interface SignedUpload {
  readonly changesName: string;
  readonly source: string;
  readonly target: Pick<ResolvedDistribution, "repository" | "suite">;
}

/**
 * Step 6: the signer may upload this source to this suite of the repository, or that takes uploads from everybody.
 * Returns who signed.
 */
export async function checkSigner(
  deps: SignerDeps,
  signed: SignedText,
  { changesName: changes, source, target }: SignedUpload,
): Promise<string | undefined> {
  const { repository } = target;
  const signer = signed.check.ok ? signed.check.signer : undefined;
  if (repository.allow_unauthenticated_uploads) return signer;
  const { identity } = repository;
  // Once more, now with nothing but the keys that may do just this: whatever a key may do elsewhere does not count here.
  const uploaders = await listUploaderKeys(deps.db, identity);
  const wanted = { suite: target.suite.name, source };
  const fitting = uploaders.filter(({ may }) => may.some((scope) => covers(scope, wanted)));
  const keys = await keysOf(deps, fitting, [repository], (error) => {
    throw error;
  });
  if (!signed.check.ok) throw signatureError(signed.check, changes, identity);
  if ((await deps.verifier.verifyClearsigned(signed.file, keys)).ok) return signer;
  const may = uploaders.filter(({ fingerprint }) => fingerprint === signer).flatMap((key) => key.may);
  const narrowed = `${source} to suite ${wanted.suite} of repository '${identity}', only ${may.map(scopeText).join("; ")}`;
  const what = may.length === 0 ? `to repository '${identity}'` : narrowed;
  throw new MbdError("not_authorised", { key: signer ?? "?", changes, what, repository: identity });
}

function signatureError(
  check: SignatureCheck & { ok: false },
  changes: string,
  repository: string,
): MbdError {
  const params = {
    changes,
    repository: repository === "" ? "REPOSITORY" : repository,
    reason: check.reason.replace(/\.$/, ""),
    key: check.key ?? "?",
    algorithm: check.algorithm ?? "a weak algorithm",
    time: check.time ?? "?",
  };
  return new MbdError(check.code, params);
}

/** These keys, and those of the keyrings of these repositories. `unreadable` is told of each extra keyring that cannot be read. */
async function keysOf(
  deps: SignerDeps,
  known: readonly { readonly key: string }[],
  repositories: readonly Row<"repository">[],
  unreadable: (error: MbdError) => void,
): Promise<Uint8Array[]> {
  const keys = new Map<string, Uint8Array>(known.map(({ key }) => [key, Buffer.from(key, "base64")]));
  for (const { identity, extra_uploader_keyrings } of repositories) {
    for (const path of JSON.parse(extra_uploader_keyrings) as string[]) {
      try {
        keys.set(path, await readFile(path));
      } catch (error) {
        const reason = `the uploader keyring ${path} of repository ${identity} cannot be read (${errorText(error)})`;
        unreadable(new MbdError("bad_configuration", { reason }, { cause: error }));
      }
    }
  }
  return [deps.instanceKey, ...keys.values()];
}
