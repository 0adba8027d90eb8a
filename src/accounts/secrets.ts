import { createHash, randomBytes } from "node:crypto";

/** 256 random bits for a cookie, a link or (with a prefix to be recognised by) a token. */
export function newSecret(prefix = ""): string {
  return prefix + randomBytes(32).toString("base64url");
}

/** The stored form. Secrets of 256 bits need no slow hash: nobody can try them all. */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
