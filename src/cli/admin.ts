import { readFile } from "node:fs/promises";
import { type Command, InvalidArgumentError } from "commander";
import { LEVELS, type Level } from "#accounts";
import { errorText, MbdError } from "#platform";
import { addAdminHookCommands } from "./admin-hooks.ts";
import { addAdminSettingsCommands } from "./admin-settings.ts";
import { addAdminTokenCommands } from "./admin-tokens.ts";
import { addUpkeepCommands } from "./admin-upkeep.ts";
import { addAdminUserCommands } from "./admin-users.ts";
import type { CliDeps } from "./deps.ts";
import { EXIT } from "./exit-codes.ts";
import { terminalText } from "./io.ts";
import { HOME_HELP, type HomeOption, withAdmin } from "./with-admin.ts";

function level(text: string): Exclude<Level, "NONE"> {
  const found = LEVELS.find((item) => item === text.toUpperCase());
  if (found === undefined || found === "NONE")
    throw new InvalidArgumentError("It is one of LOGIN, STAFF, ADMIN.");
  return found;
}

interface KeyOptions {
  readonly repository: string;
  readonly suites?: string[];
  readonly sources?: string[];
}

function words(text: string): string[] {
  const found = text.split(/[\s,]+/).filter((word) => word !== "");
  // A variable that is empty by mistake must not give everything.
  if (found.length === 0) throw new InvalidArgumentError("Give names, or leave the option out for all.");
  return found;
}

/** `mini-buildd admin …` and `mini-buildd key …`. */
export function addAdminCommands(program: Command, deps: CliDeps, finish: (code: number) => void): void {
  const { io } = deps;
  const admin = program
    .command("admin")
    .description("users, tokens, web hooks, settings and upkeep of the instance on this machine");
  admin
    .command("create")
    .description("make a user, or give one a new password; prints the password, once")
    .argument("<name>")
    .option(
      "--level <level>",
      "LOGIN, STAFF or ADMIN (default: ADMIN; of a user who is there: as before)",
      level,
    )
    .option("--email <address>", "mail address (default: none; of a user who is there: as before)")
    .option("--home <dir>", HOME_HELP)
    .action(async (name: string, options: HomeOption & { level?: Level; email?: string }) => {
      const { level: asked, email: address } = options;
      const saved = await withAdmin(deps, options, (service) =>
        service.saveUser({ name, level: asked, email: address }),
      );
      if (saved.existed !== undefined) {
        const email = saved.existed.email === "" ? "no mail address" : `mail address ${saved.existed.email}`;
        io.err(terminalText(`User ${name} was there before (${email}); sessions and tokens are ended.\n`));
      }
      io.err(`User ${name} has level ${saved.level}. The password is shown this once:\n`);
      io.out(`${saved.password}\n`);
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
  addAdminTokenCommands(admin, deps, finish);
  addAdminUserCommands(admin, deps, finish);
  addAdminHookCommands(admin, deps, finish);
  addAdminSettingsCommands(admin, deps, finish);
  addUpkeepCommands(admin, deps, finish);
  program
    .command("key")
    .description("keys that may upload")
    .command("add")
    .description("let an OpenPGP key upload to a repository")
    .argument("<file>", "public key, armoured or binary")
    .requiredOption("--repository <name>")
    .option(
      "--suites <names>",
      "only to these suites, between commas (default: all that take uploads)",
      words,
    )
    .option(
      "--sources <patterns>",
      "only source packages of these names, between commas, with * and ?",
      words,
    )
    .option("--home <dir>", HOME_HELP)
    .action(async (file: string, options: HomeOption & KeyOptions) => {
      // Read before root becomes the owner of the home, who may not be allowed to.
      const key = (await readKeyFile(file)).toString("base64");
      const { repository, suites = [], sources = [] } = options;
      const added = await withAdmin(deps, options, (service) =>
        service.addKey({ key, repository, suites, sources }),
      );
      io.err(terminalText(`${added.userId} may upload to ${added.may} with key:\n`));
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
