/** What gpgv told about one signature (from one `NEWSIG` to the next). */
export interface SignatureStatus {
  /** Times each of the verdicts was given. */
  readonly good: number;
  readonly bad: boolean;
  readonly expiredSignature: boolean;
  readonly expiredKey: boolean;
  readonly revokedKey: boolean;
  readonly error?: SignatureError;
  readonly valid: readonly ValidSignature[];
  /** Key id or fingerprint, whatever the verdict named. */
  readonly key?: string;
}

/** `ERRSIG`: the signature could not be checked. */
export interface SignatureError {
  readonly hash: number;
  /** 9: the key is not in the keyring. */
  readonly code: number;
}

/** `VALIDSIG`: cryptographically right; says nothing about expiry or revocation. */
export interface ValidSignature {
  readonly primaryFingerprint: string;
  /** Seconds since 1970. */
  readonly time: number;
  /** RFC 9580, 9.5. */
  readonly hash: number;
  /** Two hex digits; RFC 9580, 5.2.1. */
  readonly signatureClass: string;
}

export interface GpgvStatus {
  readonly plaintexts: number;
  readonly noData: boolean;
  /** `ERROR` lines: gpgv could not do part of its work. */
  readonly errors: number;
  readonly signatures: readonly SignatureStatus[];
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Collected = Omit<Writable<SignatureStatus>, "valid"> & { valid: ValidSignature[] };

const PREFIX = "[GNUPG:] ";
const FINGERPRINT = /^(?:[0-9A-F]{40}|[0-9A-F]{64})$/;
const NO_PUBLIC_KEY = 9;

/**
 * Reads all status lines of one gpgv run (GnuPG's doc/DETAILS, "Format of the --status-fd output"). Verdicts ahead of
 * the first `NEWSIG` count as a signature of their own, so none can slip through.
 */
export function parseStatusLines(text: string): GpgvStatus {
  const signatures: Collected[] = [];
  let plaintexts = 0;
  let errors = 0;
  let noData = false;
  for (const line of text.split("\n")) {
    if (!line.startsWith(PREFIX)) continue;
    const [keyword = "", ...words] = line.slice(PREFIX.length).split(" ");
    if (keyword === "PLAINTEXT") plaintexts += 1;
    else if (keyword === "NODATA") noData = true;
    else if (keyword === "ERROR") errors += 1;
    else if (keyword === "NEWSIG") signatures.push(newSignature());
    else if (VERDICTS.has(keyword)) note(lastOf(signatures), keyword, words);
  }
  return { plaintexts, noData, errors, signatures };
}

/** Whether the only thing wrong is that the key is not in the keyring. */
export function isUnknownKey(signature: SignatureStatus): boolean {
  return signature.error?.code === NO_PUBLIC_KEY;
}

const VERDICTS = new Set(["GOODSIG", "BADSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG", "ERRSIG", "VALIDSIG"]);

function newSignature(): Collected {
  return {
    good: 0,
    bad: false,
    expiredSignature: false,
    expiredKey: false,
    revokedKey: false,
    valid: [],
  };
}

function lastOf(signatures: Collected[]): Collected {
  const last = signatures.at(-1) ?? newSignature();
  if (signatures.length === 0) signatures.push(last);
  return last;
}

function note(signature: Collected, keyword: string, words: readonly string[]): void {
  if (keyword === "VALIDSIG") {
    noteValid(signature, words);
    return;
  }
  const key = words[0];
  if (key !== undefined && key !== "") signature.key = key;
  if (keyword === "GOODSIG") signature.good += 1;
  if (keyword === "BADSIG") signature.bad = true;
  if (keyword === "EXPSIG") signature.expiredSignature = true;
  if (keyword === "EXPKEYSIG") signature.expiredKey = true;
  if (keyword === "REVKEYSIG") signature.revokedKey = true;
  if (keyword === "ERRSIG") noteError(signature, words);
}

/** `ERRSIG keyid pkalgo hashalgo class time rc fpr`; a wrong one counts as an error of unknown kind. */
function noteError(signature: Collected, words: readonly string[]): void {
  signature.error = { hash: Number(words[2]), code: Number(words[5]) };
  const fingerprint = words[6] ?? "";
  if (FINGERPRINT.test(fingerprint)) signature.key = fingerprint;
}

/** `VALIDSIG fpr date time expires version reserved pkalgo hashalgo class primary-fpr`; a wrong one is not valid. */
function noteValid(signature: Collected, words: readonly string[]): void {
  const [time, hash] = [Number(words[2]), Number(words[7])];
  const [signatureClass = "", primaryFingerprint = ""] = [words[8], words[9]];
  if (!Number.isInteger(time) || !Number.isInteger(hash) || !FINGERPRINT.test(primaryFingerprint)) return;
  signature.valid.push({ primaryFingerprint, time, hash, signatureClass });
  signature.key = primaryFingerprint;
}
