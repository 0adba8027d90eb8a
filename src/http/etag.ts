import { createHash } from "node:crypto";

/** Strong entity tag of a body: the same bytes, the same tag (RFC 9110 8.8.3). */
export function etagOf(body: string): string {
  return `"${createHash("sha256").update(body).digest("base64url").slice(0, 32)}"`;
}

/** Whether `If-None-Match` names the tag; weak comparison, as RFC 9110 13.1.2 has it. */
export function isKnown(etag: string | undefined, header: string | undefined): boolean {
  if (etag === undefined || header === undefined) return false;
  if (header.trim() === "*") return true;
  return header.split(",").some((item) => item.trim().replace(/^W\//, "") === etag.replace(/^W\//, ""));
}
