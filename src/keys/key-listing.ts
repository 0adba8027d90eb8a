export interface ListedKey {
  /** Primary fingerprint, upper-case hex. */
  readonly fingerprint: string;
  /** First user id that is not revoked, e.g. `Jane Doe <jane@example.org>`. */
  readonly userId: string;
  /** ISO-8601 UTC. */
  readonly createdAt: string;
  readonly expiresAt?: string;
  readonly expired: boolean;
  readonly revoked: boolean;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Reads `gpg --with-colons` listings of public or secret keys (GnuPG's doc/DETAILS). Subkeys are left out. */
export function parseKeyListing(text: string): ListedKey[] {
  const keys: Writable<ListedKey>[] = [];
  for (const line of text.split("\n")) {
    const fields = line.split(":");
    const [type = "", validity = ""] = fields;
    if (type === "pub" || type === "sec") keys.push(startKey(fields));
    const key = keys.at(-1);
    if (key === undefined) continue;
    if (type === "fpr" && key.fingerprint === "") key.fingerprint = fields[9] ?? "";
    if (type === "uid" && key.userId === "" && validity !== "r") key.userId = unescapeColons(fields[9] ?? "");
  }
  return keys.filter((key) => key.fingerprint !== "");
}

function startKey(fields: readonly string[]): Writable<ListedKey> {
  const [created, expires] = [fields[5] ?? "", fields[6] ?? ""];
  return {
    fingerprint: "",
    userId: "",
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
