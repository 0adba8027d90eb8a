/**
 * How apt names an archive that it reaches through the proxy of the daemon: for an `https:` address it would want a tunnel.
 * The proxy asks an `https:` archive by `https:` nevertheless.
 */
export function proxiedAddress(url: string): string {
  return url.replace(/^https:/i, "http:");
}
