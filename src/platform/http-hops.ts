import type { IncomingHttpHeaders } from "node:http";

/** Headers that are one hop's business (RFC 9110, 7.6.1). */
const HOP_BY_HOP: ReadonlySet<string> = new Set(
  "connection keep-alive proxy-connection proxy-authenticate te trailer transfer-encoding upgrade".split(" "),
);

/** Headers as they are passed on. */
export function withoutHops(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));
}
