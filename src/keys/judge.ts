import { type GpgvStatus, isUnknownKey, type SignatureStatus, type ValidSignature } from "./status-lines.ts";

export type SignatureCode =
  | "signature_missing"
  | "signature_format"
  | "signature_bad"
  | "signature_unknown_key"
  | "signature_expired"
  | "key_expired"
  | "key_revoked"
  | "signature_weak"
  | "signature_time";

/** Why a signature is not accepted. */
export interface SignatureFault {
  readonly code: SignatureCode;
  /** For a person, without capital and full stop. */
  readonly reason: string;
  /** Fingerprint, or key id where gpgv knows no more. */
  readonly key?: string;
  /** With `signature_weak`. */
  readonly algorithm?: string;
  /** With `signature_time`: ISO-8601. */
  readonly time?: string;
}

export type Verdict = { readonly signer: string } | { readonly fault: SignatureFault };

const WEAK_HASHES = new Map([
  [1, "MD5"],
  [2, "SHA-1"],
  [3, "RIPEMD-160"],
]);
const DOCUMENT_CLASSES = ["00", "01"];
const FUTURE_SECONDS = 24 * 3600;

/** Decides about the one signature of an upload (pipeline.md 2.3). The exit status alone says nothing. */
export function judgeUpload(status: GpgvStatus, exitCode: number, now: Date): Verdict {
  const { signatures } = status;
  const [signature] = signatures;
  const broken = signatures.find((it) => it.bad);
  if (broken !== undefined) return fault("signature_bad", "the signature does not match the content", broken);
  if (signature === undefined || status.noData || status.plaintexts !== 1) {
    return fault("signature_format", "it is not one complete clear-signed message");
  }
  if (signatures.length > 1) {
    return fault("signature_format", `it has ${signatures.length} signatures where one is allowed`);
  }
  const refused = refusal(signature, now);
  if (refused !== undefined) return { fault: refused };
  const [valid] = signature.valid;
  if (valid === undefined || signature.valid.length > 1 || signature.good !== 1) return unchecked(signature);
  if (exitCode !== 0 || status.errors > 0) return unchecked(signature);
  return { signer: valid.primaryFingerprint };
}

/**
 * Decides about a Release file (builds.md 2.1 rule 1), where several signatures are normal: the primary fingerprints
 * of those that count. None when one of them is bad.
 */
export function judgeRelease(status: GpgvStatus, now: Date): { signers: string[]; faults: SignatureFault[] } {
  const signers: string[] = [];
  const faults: SignatureFault[] = [];
  for (const signature of status.signatures) {
    const refused = signature.bad ? badSignature(signature) : refusal(signature, now);
    const [valid] = signature.valid;
    if (refused !== undefined) faults.push(refused);
    else if (signature.good === 1 && valid !== undefined) signers.push(valid.primaryFingerprint);
  }
  return { signers: status.signatures.some((it) => it.bad) ? [] : [...new Set(signers)], faults };
}

function refusal(signature: SignatureStatus, now: Date): SignatureFault | undefined {
  const { error } = signature;
  const key = signature.key ?? "without a name";
  if (isUnknownKey(signature))
    return makeFault("signature_unknown_key", `key ${key} is not known`, signature);
  if (signature.revokedKey) return makeFault("key_revoked", `key ${key} was revoked`, signature);
  if (signature.expiredKey) return makeFault("key_expired", `key ${key} has expired`, signature);
  if (signature.expiredSignature)
    return makeFault("signature_expired", "the signature has expired", signature);
  const hashes = [...signature.valid.map((it) => it.hash), ...(error === undefined ? [] : [error.hash])];
  const weak = hashes.map((hash) => WEAK_HASHES.get(hash)).find((name) => name !== undefined);
  if (weak !== undefined) return weakSignature(weak, signature);
  if (error !== undefined) return badSignature(signature, `it cannot be checked (gpgv: ${error.code})`);
  return refusalOfValid(signature, now);
}

function refusalOfValid(signature: SignatureStatus, now: Date): SignatureFault | undefined {
  const odd = signature.valid.find((it) => !DOCUMENT_CLASSES.includes(it.signatureClass));
  if (odd !== undefined) return weakSignature(`signature class 0x${odd.signatureClass}`, signature);
  const early = signature.valid.find((it) => isFuture(it, now));
  if (early === undefined) return undefined;
  const time = new Date(early.time * 1000).toISOString();
  return { ...makeFault("signature_time", `it was signed in the future (${time})`, signature), time };
}

function isFuture(valid: ValidSignature, now: Date): boolean {
  return valid.time > now.getTime() / 1000 + FUTURE_SECONDS;
}

function weakSignature(algorithm: string, signature: SignatureStatus): SignatureFault {
  const reason = `the signature uses ${algorithm}, which is not accepted`;
  return { ...makeFault("signature_weak", reason, signature), algorithm };
}

function badSignature(
  signature: SignatureStatus,
  reason = "the signature does not match the content",
): SignatureFault {
  return makeFault("signature_bad", reason, signature);
}

function unchecked(signature: SignatureStatus): Verdict {
  return fault("signature_bad", "gpgv did not confirm the signature", signature);
}

function fault(code: SignatureCode, reason: string, signature?: SignatureStatus): Verdict {
  return { fault: makeFault(code, reason, signature) };
}

function makeFault(code: SignatureCode, reason: string, signature?: SignatureStatus): SignatureFault {
  const key = signature?.key;
  return key === undefined ? { code, reason } : { code, reason, key };
}
