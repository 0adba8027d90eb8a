import { mkdir, readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { hasCode, MbdError, writeFileAtomic } from "#platform";
import type { Endpoint } from "./endpoint.ts";
import type { CliIo } from "./io.ts";

export interface CredentialOptions {
  /** A token, or `@FILE`: one that stands in a file (which other users cannot see in the list of processes). */
  readonly token?: string | undefined;
  /** User name; the password comes from `MINI_BUILDD_PASSWORD` or is asked for. */
  readonly user?: string | undefined;
  /** Keep what was given for this endpoint. */
  readonly remember?: boolean | undefined;
}

const keptCredentials = z.record(z.string(), z.object({ authorization: z.string() }));
type KeptCredentials = z.output<typeof keptCredentials>;

/** The `Authorization` header for an endpoint: by option, environment, or what was kept before; undefined: none. */
export async function authorizationFor(
  endpoint: Endpoint,
  options: CredentialOptions,
  io: CliIo,
): Promise<string | undefined> {
  // On the control socket everybody is the administrator already.
  if (endpoint.socket !== undefined) return undefined;
  const file = credentialsFile(io.env);
  const given = await givenAuthorization(options, io);
  if (given === undefined) return (await readKept(file))[endpoint.name]?.authorization;
  if (options.remember === true) {
    const kept = { ...(await readKept(file)), [endpoint.name]: { authorization: given } };
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFileAtomic(file, `${JSON.stringify(kept, null, 2)}\n`, 0o600);
  }
  return given;
}

async function givenAuthorization(options: CredentialOptions, io: CliIo): Promise<string | undefined> {
  if (options.token !== undefined) return `Bearer ${await tokenText(options.token)}`;
  if (options.user !== undefined) {
    const password = io.env.MINI_BUILDD_PASSWORD ?? (await askPassword(options.user, io));
    return `Basic ${Buffer.from(`${options.user}:${password}`).toString("base64")}`;
  }
  const token = io.env.MINI_BUILDD_TOKEN;
  return token === undefined || token === "" ? undefined : `Bearer ${token}`;
}

async function tokenText(token: string): Promise<string> {
  const secret = token.startsWith("@") ? (await readFile(token.slice(1), "utf8")).trim() : token;
  if (/^[\x21-\x7e]+$/.test(secret)) return secret;
  throw new MbdError("bad_argument", { argument: "token", reason: "it holds blanks or control characters" });
}

async function askPassword(user: string, io: CliIo): Promise<string> {
  if (!io.inIsTerminal)
    throw new MbdError("bad_argument", {
      argument: "user",
      reason: "there is no terminal to ask for the password on; set MINI_BUILDD_PASSWORD",
    });
  return await io.ask(`Password of ${user}: `, { hidden: true });
}

/** Names of the endpoints that credentials are kept for. */
export async function knownEndpoints(env: CliIo["env"]): Promise<readonly string[]> {
  return Object.keys(await readKept(credentialsFile(env)));
}

/** In the user's configuration directory (XDG Base Directory). */
export function credentialsFile(env: CliIo["env"]): string {
  const config = env.XDG_CONFIG_HOME;
  const base = config === undefined || config === "" ? join(env.HOME ?? homedir(), ".config") : config;
  return join(base, "mini-buildd", "credentials.json");
}

async function readKept(file: string): Promise<KeptCredentials> {
  try {
    const { mode } = await stat(file);
    if ((mode & 0o077) !== 0) throw unusable(file, "others can read it; chmod 600 it and make new tokens");
    const parsed = keptCredentials.safeParse(JSON.parse(await readFile(file, "utf8")));
    if (parsed.success) return parsed.data;
    throw unusable(file, "it does not hold credentials");
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) return {};
    if (error instanceof SyntaxError) throw unusable(file, "it is not JSON");
    throw error;
  }
}

function unusable(file: string, reason: string): MbdError {
  return new MbdError("bad_configuration", { reason: `${file}: ${reason}` });
}
