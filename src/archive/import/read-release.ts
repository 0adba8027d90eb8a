import { buffer } from "node:stream/consumers";
import { FormatError, unwrapClearsigned } from "#deb";
import type { Verifier } from "#keys";
import { errorText, MbdError } from "#platform";
import { parseRelease, type ReleaseFile } from "#sources";
import type { Remote } from "./remote.ts";

/** Who vouches for a repository. */
export interface Trust {
  /** OpenPGP keys, binary; its Release files must be signed by one of them. */
  readonly keyring?: Uint8Array;
  /** The administrator takes it unsigned. */
  readonly trusted?: boolean;
}

const MAX_BYTES = 16 * 1024 * 1024;

/**
 * The Release file of a distribution, believed only when it is signed (or the administrator vouches for it).
 * @throws MbdError source_untrusted, source_unusable, download_failed
 */
export async function readRelease(
  remote: Remote,
  verifier: Verifier,
  distribution: string,
  trust: Trust,
): Promise<ReleaseFile> {
  const directory = `dists/${distribution}/`;
  const untrusted = (reason: string) =>
    new MbdError("source_untrusted", { source: distribution, url: remote.name, reason });
  const files = await signedFiles(remote, directory);
  if (files === undefined) {
    const reason = "it has neither InRelease nor Release";
    throw new MbdError("source_unusable", { source: `${remote.name} ${directory}`, reason });
  }
  const text = await payloadOf(verifier, files, trust, untrusted);
  try {
    const release = parseRelease(text, `${remote.name} ${directory}Release`);
    if (release.sha256.size === 0) throw new Error("its Release file lists no SHA256 sums");
    return release;
  } catch (error) {
    const params = { source: `${remote.name} ${directory}`, reason: errorText(error).replace(/\.$/, "") };
    throw new MbdError("source_unusable", params, { cause: error });
  }
}

type Files = string | { readonly release: string; readonly signature: string | undefined };

async function payloadOf(
  verifier: Verifier,
  files: Files,
  { keyring, trusted }: Trust,
  untrusted: (reason: string) => MbdError,
): Promise<string> {
  if (keyring !== undefined) {
    const signed =
      typeof files === "string" ? files : { release: files.release, signature: files.signature ?? "" };
    if (typeof signed !== "string" && signed.signature === "") throw untrusted("it is not signed");
    const check = await verifier.verifyRelease(signed, keyring);
    if (!check.ok) throw untrusted(check.reason);
    return check.payload;
  }
  if (trusted !== true) throw untrusted("no keyring to verify its signature by was given");
  try {
    return typeof files === "string" ? unwrapClearsigned(files, "InRelease") : files.release;
  } catch (error) {
    if (error instanceof FormatError) throw untrusted(error.message.replace(/\.$/, ""));
    throw error;
  }
}

async function signedFiles(remote: Remote, directory: string): Promise<Files | undefined> {
  const inRelease = await textOf(remote, `${directory}InRelease`);
  if (inRelease !== undefined) return inRelease;
  const release = await textOf(remote, `${directory}Release`);
  if (release === undefined) return undefined;
  return { release, signature: await textOf(remote, `${directory}Release.gpg`) };
}

async function textOf(remote: Remote, path: string): Promise<string | undefined> {
  const stream = await remote.open(path, MAX_BYTES);
  return stream === undefined ? undefined : (await buffer(stream)).toString("utf8");
}
