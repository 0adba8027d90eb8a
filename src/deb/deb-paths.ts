import { isUtf8 } from "node:buffer";

/**
 * Path names in packages are bytes, nearly always UTF-8. They are handed around as ordinary strings; a byte that
 * is not part of valid UTF-8 becomes the lone surrogate U+DC80 + (byte − 0x80), as in Python (PEP 383). So every
 * path is an exact image of its bytes (`pathToBytes`), valid paths are plain text, and the others are found by
 * `hasBadBytes`.
 */
export function bytesToPath(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString("utf8");
  let path = "";
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    if (length === 0) path += String.fromCharCode(0xdc00 + (bytes[at] ?? 0));
    else path += bytes.toString("utf8", at, at + length);
    at += Math.max(length, 1);
  }
  return path;
}

/** The bytes of a path made by `bytesToPath`, for writing Contents indices. */
export function pathToBytes(path: string): Buffer {
  if (!hasBadBytes(path)) return Buffer.from(path, "utf8");
  // With the flag u the class matches only lone surrogates, never half of a pair.
  const parts = path.split(/([\udc80-\udcff])/u);
  return Buffer.concat(
    parts.map((part) =>
      LONE.test(part) ? Buffer.from([part.charCodeAt(0) - 0xdc00]) : Buffer.from(part, "utf8"),
    ),
  );
}

const LONE = /^[\udc80-\udcff]$/;

/** Has the path bytes that are not UTF-8? Such a string cannot be stored in PostgreSQL as it is. */
export function hasBadBytes(path: string): boolean {
  return /\p{Surrogate}/u.test(path);
}

/** Length of the valid UTF-8 sequence at `at`, 0 if there is none. */
function sequenceLength(bytes: Buffer, at: number): number {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length += 1) {
    if (isUtf8(bytes.subarray(at, at + length))) return length;
  }
  return 0;
}

/**
 * The path of a tar entry (one byte per character) without leading `./`, and without empty and `.` parts; an
 * empty result is the root directory. `bad` tells in words why the path cannot be accepted.
 */
export function cleanPath(name: string): { path: string } | { bad: string } {
  if (name.includes("\0")) return { bad: "holds a NUL byte" };
  // Contents indices and dpkg's own file lists are one path per line.
  if (name.includes("\n")) return { bad: "holds a line break" };
  if (name.startsWith("/")) return { bad: "is absolute" };
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) return { bad: 'climbs by ".."' };
  return { path: fromLatin1(parts.join("/")) };
}

function fromLatin1(name: string): string {
  return /^[\0-\x7f]*$/.test(name) ? name : bytesToPath(Buffer.from(name, "latin1"));
}
