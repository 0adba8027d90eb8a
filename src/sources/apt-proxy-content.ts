import { createHash } from "node:crypto";

/** Names made of the content (Debian repository format, "Acquire-By-Hash"), by what Release files call the hashes. */
const BY_HASH = /\/by-hash\/(MD5Sum|SHA1|SHA256|SHA512)\/([0-9a-f]{32,128})$/;
const ALGORITHMS: Readonly<Record<string, string>> = {
  ...{ MD5Sum: "md5", SHA1: "sha1", SHA256: "sha256", SHA512: "sha512" },
};

/** Compares content, as it comes, with a name that is made of it; any other name says nothing of its content. */
export interface ContentCheck {
  take(chunk: Buffer): void;
  isRight(): boolean;
}

export function isByHash(path: string): boolean {
  return BY_HASH.test(path);
}

export function checkContent(url: string): ContentCheck {
  const [, kind = "", digest] = BY_HASH.exec(new URL(url).pathname) ?? [];
  const algorithm = ALGORITHMS[kind];
  if (algorithm === undefined) return { take: () => undefined, isRight: () => true };
  const hash = createHash(algorithm);
  return { take: (chunk) => void hash.update(chunk), isRight: () => hash.digest("hex") === digest };
}
