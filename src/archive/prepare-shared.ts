import { createHash } from "node:crypto";
import type { FormatError } from "#deb";
import { MbdError } from "#platform";
import type { PreparedFile } from "./types.ts";

/** The identity of a package in an index: stanza and bytes of its files. */
export function contentOf(kind: string, stanza: string, files: readonly PreparedFile[]): string {
  const parts = [kind, stanza, ...files.map(({ path, sha256 }) => `${sha256} ${path}`)];
  return createHash("sha256").update(parts.join("\n")).digest("hex");
}

/** The words of a FormatError without the name of the file, which the error around it has. */
export function reasonOf(error: FormatError, file: string): string {
  const text = error.message.startsWith(file) ? error.message.slice(file.length) : error.message;
  return text
    .replace(/^ \(control\)/, "")
    .replace(/^[:,] /, "")
    .replace(/\.$/, "");
}

export function brokenDeb(file: string, error: FormatError): MbdError {
  return new MbdError("broken_deb", { file, reason: reasonOf(error, file) }, { cause: error });
}

export function badDsc(dsc: string, error: FormatError): MbdError {
  return new MbdError("bad_dsc", { dsc, reason: reasonOf(error, dsc) }, { cause: error });
}
