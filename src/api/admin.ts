import { z } from "zod";
import type { Level } from "#accounts";
import type { HookAdmin } from "./hook-admin.ts";
import type { SettingsAdmin } from "./settings-admin.ts";

/** A token of this machine's administrator in a list. */
export type AdminToken = z.output<typeof adminAnswers.tokens>["tokens"][number];

/** A user in a list. */
export interface AdminUser {
  readonly name: string;
  readonly level: string;
  readonly state: "active" | "registered" | "off";
  /** Empty when unknown. */
  readonly email: string;
}

/**
 * What only the machine's own administrator may do: through the control socket of a running daemon, or on the home
 * itself when none runs. Secrets are returned once and stored nowhere in the clear.
 */
export interface AdminService extends HookAdmin {
  createToken(request: { name: string; level: Level }): Promise<{ secret: string }>;
  /** Tokens made so that still work. */
  listTokens(): Promise<z.output<typeof adminAnswers.tokens>>;
  /** Ends one, by its name or number. */
  revokeToken(request: { token: string }): Promise<z.output<typeof adminAnswers.revoked>>;
  /** Makes the user (ADMIN unless told), or gives an existing one a new password, and a level and address if told. */
  saveUser(request: {
    name: string;
    level?: Level | undefined;
    password?: string | undefined;
    email?: string | undefined;
  }): Promise<z.output<typeof adminAnswers.user>>;
  /** Gives a user another mail address; empty: none. */
  setEmail(request: { name: string; email: string }): Promise<void>;
  /**
   * `key`: an OpenPGP public key, armoured or binary, base64 of the file's bytes. `suites`, `sources`: what it may upload,
   * all unless given, whatever was said before.
   */
  addKey(request: z.output<typeof adminRequests.key>): Promise<z.output<typeof adminAnswers.key>>;
  listUsers(): Promise<{ users: readonly AdminUser[] }>;
  /** An address by which a user sets a new password, once. */
  resetUser(request: { name: string }): Promise<{ address: string }>;
  /** Switches an account off. */
  disableUser(request: { name: string }): Promise<void>;
  activateUser(request: { name: string }): Promise<void>;
  readonly settings: SettingsAdmin;
  /** Lets go what is kept no longer, or only says what would: a line for each thing. */
  retention(request: { dryRun: boolean }): Promise<{ lines: readonly string[] }>;
  /** Keeps all of a packaging whatever its age, or as long as others again. */
  pin(request: { bkey: string; pinned: boolean }): Promise<void>;
}

const level = z.enum(["LOGIN", "STAFF", "ADMIN"]);
const name = z.string().min(1).max(64);
const email = z.string().max(320);

/** Bodies of `POST /admin/token`, `/admin/user`, `/admin/key`, and of those that name a user. */
export const adminRequests = {
  token: z.strictObject({ name, level }),
  revoke: z.strictObject({ token: name }),
  user: z.strictObject({
    name,
    level: level.optional(),
    password: z.string().min(1).max(1024).optional(),
    email: email.optional(),
  }),
  email: z.strictObject({ name, email }),
  named: z.strictObject({ name }),
  retention: z.strictObject({ dryRun: z.boolean() }),
  pin: z.strictObject({ bkey: z.string().min(1).max(500), pinned: z.boolean() }),
  key: z.strictObject({
    ...{ key: z.base64().min(1).max(4_000_000), repository: z.string().min(1).max(32) },
    suites: z.array(z.string().max(100)).max(100).default([]),
    sources: z.array(z.string().max(200)).max(100).default([]),
  }),
} as const;

/** Its answers. */
export const adminAnswers = {
  token: z.object({ secret: z.string() }),
  tokens: z.object({
    tokens: z.array(
      z.object({
        id: z.int(),
        name: z.string(),
        level: z.string(),
        createdAt: z.string(),
        lastUsedAt: z.string().optional(),
      }),
    ),
  }),
  revoked: z.object({ id: z.int(), name: z.string() }),
  user: z.object({
    password: z.string(),
    level: z.string(),
    existed: z.object({ email: z.string() }).optional(),
  }),
  key: z.object({ fingerprint: z.string(), userId: z.string(), may: z.string() }),
  users: z.object({
    users: z.array(
      z.object({
        name: z.string(),
        level: z.string(),
        state: z.enum(["active", "registered", "off"]),
        email: z.string(),
      }),
    ),
  }),
  reset: z.object({ address: z.string() }),
  retention: z.object({ lines: z.array(z.string()) }),
} as const;
