import type { IncomingHttpHeaders } from "node:http";

/** What identifies a version of a file (RFC 9110, 8.8). */
export interface Validators {
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
}

/** Which part of a file to answer with; `end` is the last byte, undefined when the length is not known. */
export type Selection =
  | { readonly status: 200 }
  | { readonly status: 206; readonly start: number; readonly end: number }
  | { readonly status: 304 }
  | { readonly status: 416 };

/**
 * Applies the conditions of a request to a file (RFC 9110, 13.2.2 and 14.2): apt asks for indices with
 * `If-Modified-Since`, and goes on with broken downloads by `Range` and `If-Range`.
 * @param sizeBytes undefined while it is being received without a length; then ranges are not served
 */
export function select(
  headers: IncomingHttpHeaders,
  file: Validators,
  sizeBytes: number | undefined,
): Selection {
  if (isUnchanged(headers, file)) return { status: 304 };
  const { range } = headers;
  if (range === undefined || sizeBytes === undefined || !isSameVersion(headers["if-range"], file)) {
    return { status: 200 };
  }
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range);
  if (match === null || (match[1] === "" && match[2] === "")) return { status: 200 };
  return selectRange(match[1] ?? "", match[2] ?? "", sizeBytes);
}

function selectRange(first: string, last: string, sizeBytes: number): Selection {
  const start = first === "" ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const end = first === "" || last === "" ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (start >= sizeBytes) return { status: 416 };
  return start > end ? { status: 200 } : { status: 206, start, end };
}

function isUnchanged(headers: IncomingHttpHeaders, file: Validators): boolean {
  const tags = headers["if-none-match"];
  if (tags !== undefined) {
    if (tags.trim() === "*") return true;
    const wanted = file.etag === undefined ? undefined : weak(file.etag);
    return tags.split(",").some((tag) => weak(tag.trim()) === wanted);
  }
  const since = Date.parse(headers["if-modified-since"] ?? "");
  const modified = Date.parse(file.lastModified ?? "");
  return modified <= since;
}

function isSameVersion(ifRange: string | string[] | undefined, file: Validators): boolean {
  if (ifRange === undefined) return true;
  if (typeof ifRange !== "string") return false;
  if (ifRange.startsWith('"')) return ifRange === file.etag;
  const modified = Date.parse(file.lastModified ?? "");
  return Date.parse(ifRange) === modified;
}

function weak(tag: string): string {
  return tag.replace(/^W\//, "");
}
