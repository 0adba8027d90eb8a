import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { listUploaderKeys, type UploaderKey } from "#accounts";
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
  const uploaders = await listUploaderKeys(deps.db);
  // What one repository lacks concerns no upload to another; for its own it is told in step 6.
  const skip = (error: MbdError): void => deps.log.warn({ reason: error.message }, "keyring left out");
  const keys = await keysOf(deps, uploaders, await listRepositories(deps.db), skip);
  const check = await deps.verifier.verifyClearsigned(file, keys);
  if (!check.ok && (UNUSABLE.includes(check.code) || check.payload === undefined)) {
    throw signatureError(check, changesName, "");
  }
  const payload = check.payload ?? "";
  return { file, payload, payloadSha256: createHash("sha256").update(payload).digest("hex"), check };
}

/** Step 6: the signer may upload to the repository, or it takes uploads from everybody. Returns who signed. */
export async function checkSigner(
  deps: SignerDeps,
  signed: SignedText,
  changesName: string,
  target: ResolvedDistribution,
): Promise<string | undefined> {
  const { repository } = target;
  const signer = signed.check.ok ? signed.check.signer : undefined;
  if (repository.allow_unauthenticated_uploads) return signer;
  // Once more, now with nothing but the keys of this repository: whatever a key may do elsewhere does not count here.
  const uploaders = await listUploaderKeys(deps.db, repository.identity);
  const keys = await keysOf(deps, uploaders, [repository], (error) => {
    throw error;
  });
  if (!signed.check.ok) throw signatureError(signed.check, changesName, repository.identity);
  if ((await deps.verifier.verifyClearsigned(signed.file, keys)).ok) return signer;
  throw new MbdError("not_authorised", {
    key: signer ?? "?",
    changes: changesName,
    repository: repository.identity,
  });
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

/** All that may upload to these repositories. `unreadable` is told of each extra keyring that cannot be read. */
async function keysOf(
  deps: SignerDeps,
  uploaders: readonly UploaderKey[],
  repositories: readonly Row<"repository">[],
  unreadable: (error: MbdError) => void,
): Promise<Uint8Array[]> {
  const keys = new Map<string, Uint8Array>(uploaders.map((row) => [row.key, Buffer.from(row.key, "base64")]));
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
