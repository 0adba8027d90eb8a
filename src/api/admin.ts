import { z } from "zod";
import type { Level } from "#accounts";

/**
 * What only the machine's own administrator may do: through the control socket of a running daemon, or on the home
 * itself when none runs. Secrets are returned once and stored nowhere in the clear.
 */
export interface AdminService {
  createToken(request: { name: string; level: Level }): Promise<{ secret: string }>;
  /** Makes the user, or gives an existing one a new password and level. */
  saveUser(request: { name: string; level: Level; password?: string }): Promise<{ password: string }>;
  /** `key`: an OpenPGP public key, armoured or binary, base64 of the file's bytes. */
  addKey(request: { key: string; repository: string }): Promise<{ fingerprint: string; userId: string }>;
}

const level = z.enum(["LOGIN", "STAFF", "ADMIN"]);
const name = z.string().min(1).max(64);

/** Bodies of `POST /admin/token`, `/admin/user`, `/admin/key`. */
export const adminRequests = {
  token: z.strictObject({ name, level }),
  user: z.strictObject({ name, level, password: z.string().min(1).max(1024).optional() }),
  key: z.strictObject({ key: z.base64().min(1).max(4_000_000), repository: z.string().min(1).max(32) }),
} as const;

/** Its answers. */
export const adminAnswers = {
  token: z.object({ secret: z.string() }),
  user: z.object({ password: z.string() }),
  key: z.object({ fingerprint: z.string(), userId: z.string() }),
} as const;
