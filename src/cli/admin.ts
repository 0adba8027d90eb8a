import { readFile } from "node:fs/promises";
import { type Command, InvalidArgumentError } from "commander";
import { LEVELS, type Level } from "#accounts";
import { type AdminService, adminAnswers } from "#api";
import { errorText, hasCode, MbdError } from "#platform";
import { addAdminUserCommands } from "./admin-users.ts";
import { type Client, createClient } from "./client.ts";
import type { CliDeps } from "./deps.ts";
import { homeOf, localEndpoint } from "./endpoint.ts";
import { EXIT } from "./exit-codes.ts";
import { becomeOwnerOf } from "./owner.ts";

export interface HomeOption {
  readonly home?: string;
}

/** Runs administrator's work on the daemon of a home, or on the home itself when no daemon runs. */
export async function withAdmin<T>(
  deps: CliDeps,
  option: HomeOption,
  work: (admin: AdminService) => Promise<T>,
): Promise<T> {
  const home = homeOf(option.home, deps.io.env);
  await becomeOwnerOf(home, deps.owner);
  const client = createClient(localEndpoint(home), undefined);
  try {
    return await work(remoteAdmin(client));
  } catch (error) {
    if (!(error instanceof MbdError) || error.code !== "unreachable" || !isNobodyThere(error.cause))
      throw error;
  }
  const opened = await deps.openHome(home);
  try {
    return await work(opened.admin);
  } finally {
    await opened.close();
  }
}

/** No socket, or one that a daemon left when it was killed; nothing was sent yet. */
function isNobodyThere(cause: unknown): boolean {
  return hasCode(cause, "ENOENT") || hasCode(cause, "ECONNREFUSED");
}

function remoteAdmin(client: Client): AdminService {
  const post = async (path: string, body: object): Promise<unknown> => {
    const headers = { "content-type": "application/json" };
    return JSON.parse(await client.text({ method: "POST", path, headers, body: JSON.stringify(body) }));
  };
  return {
    createToken: async (request) => adminAnswers.token.parse(await post("/admin/token", request)),
    saveUser: async (request) => adminAnswers.user.parse(await post("/admin/user", request)),
    addKey: async (request) => adminAnswers.key.parse(await post("/admin/key", request)),
    listUsers: async () => adminAnswers.users.parse(await post("/admin/users", {})),
    resetUser: async (request) => adminAnswers.reset.parse(await post("/admin/reset", request)),
    disableUser: async (request) => void (await post("/admin/disable", request)),
    activateUser: async (request) => void (await post("/admin/activate", request)),
  };
}

function level(text: string): Exclude<Level, "NONE"> {
  const found = LEVELS.find((item) => item === text.toUpperCase());
  if (found === undefined || found === "NONE")
    throw new InvalidArgumentError("It is one of LOGIN, STAFF, ADMIN.");
  return found;
}

export const HOME_HELP = "home of the instance";

/** `mini-buildd admin …` and `mini-buildd key …`. */
export function addAdminCommands(program: Command, deps: CliDeps, finish: (code: number) => void): void {
  const { io } = deps;
  const admin = program.command("admin").description("users and tokens of the instance on this machine");
  admin
    .command("create")
    .description("make a user, or give one a new password; prints the password, once")
    .argument("<name>")
    .option("--level <level>", "LOGIN, STAFF or ADMIN", level, "ADMIN")
    .option("--home <dir>", HOME_HELP)
    .action(async (name: string, options: HomeOption & { level: Level }) => {
      const { password } = await withAdmin(deps, options, (service) =>
        service.saveUser({ name, level: options.level }),
      );
      io.err(`User ${name} has level ${options.level}. The password is shown this once:\n`);
      io.out(`${password}\n`);
      finish(EXIT.done);
    });
  admin
    .command("token")
    .description("make an API token; prints it, once")
    .requiredOption("--level <level>", "LOGIN, STAFF or ADMIN", level)
    .option("--name <name>", "what the token is called in records", "token")
    .option("--home <dir>", HOME_HELP)
    .action(async (options: HomeOption & { level: Level; name: string }) => {
      const { name } = options;
      const { secret } = await withAdmin(deps, options, (service) =>
        service.createToken({ name, level: options.level }),
      );
      io.err(`Token ${name} has level ${options.level}. It is shown this once:\n`);
      io.out(`${secret}\n`);
      finish(EXIT.done);
    });
  addAdminUserCommands(admin, deps, finish);
  program
    .command("key")
    .description("keys that may upload")
    .command("add")
    .description("let an OpenPGP key upload to a repository")
    .argument("<file>", "public key, armoured or binary")
    .requiredOption("--repository <name>")
    .option("--home <dir>", HOME_HELP)
    .action(async (file: string, options: HomeOption & { repository: string }) => {
      // Read before root becomes the owner of the home, who may not be allowed to.
      const key = (await readKeyFile(file)).toString("base64");
      const added = await withAdmin(deps, options, (service) =>
        service.addKey({ key, repository: options.repository }),
      );
      io.err(`${added.userId} may upload to ${options.repository} with key:\n`);
      io.out(`${added.fingerprint}\n`);
      finish(EXIT.done);
    });
}

const MAX_KEY_BYTES = 2 * 1024 * 1024;

async function readKeyFile(file: string): Promise<Buffer> {
  const content = await readFile(file).catch((error: unknown) => {
    throw new MbdError("bad_argument", { argument: "file", reason: errorText(error) });
  });
  if (content.length > 0 && content.length <= MAX_KEY_BYTES) return content;
  throw new MbdError("bad_argument", { argument: "file", reason: `${file} is not a public key` });
}
