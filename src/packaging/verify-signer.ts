import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { listUploaderKeys } from "#accounts";
import type { Executor } from "#db";
import type { SignatureCheck, Verifier } from "#keys";
import { MbdError } from "#platform";
import { listRepositories, type ResolvedDistribution } from "#repositories";

/** What the signature of a .changes says, before it is known which repository it is for. */
export interface SignedText {
  /** The text that counts: what the signature covers, or all of an unsigned file. */
  readonly payload: string;
  readonly payloadSha256: string;
  readonly check: SignatureCheck;
}

const UNUSABLE = ["signature_bad", "signature_format"];

/** Step 2: checks the signature against every key that may upload anywhere. A bad signature is refused everywhere. */
export async function readSignedText(
  deps: { db: Executor; verifier: Verifier; instanceKey: Uint8Array },
  file: string,
  changesName: string,
): Promise<SignedText> {
  const check = await deps.verifier.verifyClearsigned(file, await allKeys(deps.db, deps.instanceKey));
  if (!check.ok && (UNUSABLE.includes(check.code) || check.payload === undefined)) {
    throw signatureError(check, changesName, "");
  }
  const payload = check.payload ?? "";
  return { payload, payloadSha256: createHash("sha256").update(payload).digest("hex"), check };
}

/** Step 6: the signer may upload to the repository, or it takes uploads from everybody. Returns who signed. */
export async function checkSigner(
  db: Executor,
  signed: SignedText,
  changesName: string,
  target: ResolvedDistribution,
  instanceFingerprint: string,
): Promise<string | undefined> {
  const { repository } = target;
  const signer = signed.check.ok ? signed.check.signer : undefined;
  if (repository.allow_unauthenticated_uploads) return signer;
  if (!signed.check.ok) throw signatureError(signed.check, changesName, repository.identity);
  if (signer === instanceFingerprint) return signer;
  const keys = await listUploaderKeys(db, repository.identity);
  if (keys.some((key) => key.fingerprint === signer)) return signer;
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
    algorithm: check.reason.replace(/\.$/, ""),
    time: check.reason.replace(/\.$/, ""),
  };
  return new MbdError(check.code, params);
}

async function allKeys(db: Executor, instanceKey: Uint8Array): Promise<Uint8Array[]> {
  const uploaders = await listUploaderKeys(db);
  const distinct = new Map(uploaders.map((row) => [row.key, Buffer.from(row.key, "base64")]));
  const repositories = await listRepositories(db);
  const paths = repositories.flatMap((row) => JSON.parse(row.extra_uploader_keyrings) as string[]);
  const extra = await Promise.all([...new Set(paths)].map((path) => readFile(path)));
  return [instanceKey, ...distinct.values(), ...extra];
}
