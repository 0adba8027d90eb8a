export interface ListedKey {
  /** Primary fingerprint, upper-case hex. */
  readonly fingerprint: string;
  /** First user id that is not revoked, e.g. `Jane Doe <jane@example.org>`. */
  readonly userId: string;
  /** All that are not revoked. */
  readonly userIds: readonly string[];
  /** As gpg names it: ed25519, rsa4096. */
  readonly algorithm: string;
  /** Algorithms of the key itself and its subkeys that can sign: marked so, not expired, not revoked. */
  readonly signing: readonly string[];
  /** ISO-8601 UTC. */
  readonly createdAt: string;
  readonly expiresAt?: string;
  readonly expired: boolean;
  readonly revoked: boolean;
}

interface Parsed extends ListedKey {
  fingerprint: string;
  userId: string;
  readonly userIds: string[];
  readonly signing: string[];
}

/** Reads `gpg --with-colons` listings of public or secret keys (GnuPG's doc/DETAILS). */
export function parseKeyListing(text: string): ListedKey[] {
  const keys: Parsed[] = [];
  for (const line of text.split("\n")) {
    const fields = line.split(":");
    const [type = "", validity = ""] = fields;
    if (type === "pub" || type === "sec") keys.push(startKey(fields));
    const key = keys.at(-1);
    if (key === undefined) continue;
    if (type === "fpr" && key.fingerprint === "") key.fingerprint = fields[9] ?? "";
    if (type === "uid" && validity !== "r") addUserId(key, unescapeColons(fields[9] ?? ""));
    if (/^(?:pub|sec|sub|ssb)$/.test(type) && canSign(fields)) key.signing.push(algorithmOf(fields));
  }
  return keys.filter((key) => key.fingerprint !== "");
}

function addUserId(key: Parsed, userId: string): void {
  if (key.userId === "") key.userId = userId;
  key.userIds.push(userId);
}

/** Small letters are what this very key can do; capitals what all of it can. */
function canSign(fields: readonly string[]): boolean {
  const [, validity = ""] = fields;
  return !/^[erdi]$/.test(validity) && (fields[11] ?? "").includes("s");
}

const ALGORITHMS: Readonly<Record<string, string>> = { 1: "rsa", 2: "rsa", 3: "rsa", 16: "elg", 17: "dsa" };

/** The curve where there is one, else algorithm and bits; numbers of RFC 4880 9.1. */
function algorithmOf(fields: readonly string[]): string {
  const [bits = "", number = "", curve = ""] = [fields[2], fields[3], fields[16]];
  return curve === "" ? `${ALGORITHMS[number] ?? `algorithm-${number}-`}${bits}` : curve;
}

function startKey(fields: readonly string[]): Parsed {
  const [created, expires] = [fields[5] ?? "", fields[6] ?? ""];
  return {
    fingerprint: "",
    userId: "",
    userIds: [],
    algorithm: algorithmOf(fields),
    signing: [],
    createdAt: isoOf(created),
    expired: fields[1] === "e",
    revoked: fields[1] === "r",
    ...(expires === "" ? {} : { expiresAt: isoOf(expires) }),
  };
}

function isoOf(seconds: string): string {
  return new Date(Number(seconds) * 1000).toISOString();
}

/** Colons, backslashes and control characters stand as `\x3a`; the rest is UTF-8. */
function unescapeColons(text: string): string {
  return text.replace(/\\x([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
