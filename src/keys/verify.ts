import { mkdir, mkdtemp, open, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, type Exec, removeTree, statOrUndefined } from "#platform";
import { judgeRelease, judgeUpload, type SignatureFault } from "./judge.ts";
import { keyringFile } from "./keyring-files.ts";
import { decodeText, signedForm, signedText } from "./signed-form.ts";
import { type GpgvStatus, parseStatusLines } from "./status-lines.ts";

/**
 * `payload` is the signed text (of an unsigned file: all of it), the only thing that may be parsed. A refused one is
 * there for repositories that take unauthenticated uploads, never when the signature is bad or the form wrong.
 */
export type SignatureCheck =
  | { readonly ok: true; readonly payload: string; readonly signer: string }
  | ({ readonly ok: false; readonly payload?: string } & SignatureFault);

export type ReleaseCheck =
  | { readonly ok: true; readonly payload: string; readonly signers: readonly string[] }
  | { readonly ok: false; readonly reason: string };

export interface Verifier {
  /**
   * Verifies a clear-signed file as an upload (pipeline.md 2.3).
   * @param file its path, or its bytes
   * @param keyrings binary OpenPGP keyrings with the keys that may sign
   */
  verifyClearsigned(file: string | Uint8Array, keyrings: readonly Uint8Array[]): Promise<SignatureCheck>;
  /**
   * Verifies a Release file (builds.md 2.1 rule 1).
   * @param release the text of InRelease, or of Release with that of Release.gpg
   */
  verifyRelease(
    release: string | { readonly release: string; readonly signature: string },
    keyring: Uint8Array,
  ): Promise<ReleaseCheck>;
}

export interface VerifierDeps {
  readonly exec: Exec;
  readonly clock: Clock;
  /** Where keyrings are kept by content (`keyrings/` of the home). */
  readonly keyringsDir: string;
}

const MAX_SIGNED_BYTES = 16 * 1024 * 1024;
const TIMEOUT_MS = 60_000;

export function createVerifier(deps: VerifierDeps): Verifier {
  return {
    async verifyClearsigned(file, keyrings) {
      const bytes = await boundedBytes(file);
      const text = bytes === undefined ? undefined : decodeText(bytes);
      if (text === undefined || bytes === undefined) return wrongForm(unreadable(bytes));
      const form = signedForm(text);
      if (form.form === "wrong") return wrongForm(form.reason);
      if (form.form === "unsigned") {
        return { ok: false, code: "signature_missing", reason: "it is not signed", payload: text };
      }
      const run = await runGpgv(deps, keyrings, [bytes]);
      const verdict = judgeUpload(run.status, run.exitCode, deps.clock.now());
      if ("signer" in verdict) return accepted(run.payload, verdict.signer);
      return { ok: false, ...verdict.fault, ...payloadOfRefused(verdict.fault, run.payload) };
    },

    async verifyRelease(release, keyring) {
      if (typeof release !== "string") return await verifyDetached(deps, release, keyring);
      const form = signedForm(release);
      if (form.form !== "clearsigned") {
        return { ok: false, reason: form.form === "wrong" ? form.reason : "it is not signed" };
      }
      const run = await runGpgv(deps, [keyring], [Buffer.from(release)]);
      if (run.status.plaintexts !== 1 || run.payload === undefined) {
        return { ok: false, reason: "it is not one complete clear-signed message" };
      }
      return releaseVerdict(run.status, run.payload, deps.clock.now());
    },
  };
}

async function verifyDetached(
  deps: VerifierDeps,
  { release, signature }: { readonly release: string; readonly signature: string },
  keyring: Uint8Array,
): Promise<ReleaseCheck> {
  const run = await runGpgv(deps, [keyring], [Buffer.from(signature), Buffer.from(release)]);
  return releaseVerdict(run.status, release, deps.clock.now());
}

function releaseVerdict(status: GpgvStatus, payload: string, now: Date): ReleaseCheck {
  const { signers, faults } = judgeRelease(status, now);
  if (signers.length > 0) return { ok: true, payload, signers };
  const reasons = faults.map((fault) => fault.reason).join(", ");
  return { ok: false, reason: reasons === "" ? "no signature was found" : reasons };
}

function accepted(payload: string | undefined, signer: string): SignatureCheck {
  return payload === undefined
    ? wrongForm("the signed text is not valid UTF-8")
    : { ok: true, payload, signer };
}

function payloadOfRefused(fault: SignatureFault, payload: string | undefined): { payload?: string } {
  const hidden = fault.code === "signature_bad" || fault.code === "signature_format";
  return hidden || payload === undefined ? {} : { payload };
}

function wrongForm(reason: string): SignatureCheck {
  return { ok: false, code: "signature_format", reason };
}

function unreadable(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? `it is larger than ${MAX_SIGNED_BYTES} bytes` : "it is not valid UTF-8";
}

async function boundedBytes(file: string | Uint8Array): Promise<Uint8Array | undefined> {
  if (typeof file !== "string") return file.length > MAX_SIGNED_BYTES ? undefined : file;
  const handle = await open(file, "r");
  try {
    return (await handle.stat()).size > MAX_SIGNED_BYTES ? undefined : await handle.readFile();
  } finally {
    await handle.close();
  }
}

interface GpgvRun {
  readonly status: GpgvStatus;
  readonly exitCode: number;
  /** The signed text of a clear-signed message, as gpgv printed it. */
  readonly payload: string | undefined;
}

/** Runs gpgv over private copies of the inputs with an empty home, so nothing but the given keyrings counts. */
async function runGpgv(
  deps: VerifierDeps,
  keyrings: readonly Uint8Array[],
  inputs: readonly Uint8Array[],
): Promise<GpgvRun> {
  const files = await Promise.all(atLeastOne(keyrings).map((it) => keyringFile(deps.keyringsDir, it)));
  const dir = await mkdtemp(join(tmpdir(), "mbd-gpgv-"));
  try {
    const gnupgHome = join(dir, "home");
    await mkdir(gnupgHome, { mode: 0o700 });
    const paths = inputs.map((_, index) => join(dir, `input-${index}`));
    await Promise.all(inputs.map((bytes, index) => writeFile(paths[index] ?? dir, bytes)));
    const output = join(dir, "payload");
    const keyringArgs = files.flatMap((path) => ["--keyring", path]);
    const args = ["--status-fd", "1", "--output", output, ...keyringArgs, "--", ...paths];
    const options = { env: { GNUPGHOME: gnupgHome }, timeoutMs: TIMEOUT_MS, cwd: dir };
    const result = await deps.exec("gpgv", args, options);
    const status = parseStatusLines(result.stdout);
    return { status, exitCode: result.timedOut ? -1 : result.exitCode, payload: await readPayload(output) };
  } finally {
    await removeTree(dir);
  }
}

/** Without any keyring gpgv would look for one in its home and stop before the signature. */
function atLeastOne(keyrings: readonly Uint8Array[]): readonly Uint8Array[] {
  return keyrings.length === 0 ? [new Uint8Array()] : keyrings;
}

async function readPayload(path: string): Promise<string | undefined> {
  if ((await statOrUndefined(path)) === undefined) return undefined;
  const text = decodeText(await readFile(path));
  return text === undefined ? undefined : signedText(text);
}
