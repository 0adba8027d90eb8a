import type { Command } from "commander";
import type { AdminUser } from "#api";
import type { CliDeps } from "./deps.ts";
import { EXIT } from "./exit-codes.ts";
import { HOME_HELP, type HomeOption, withAdmin } from "./with-admin.ts";

/** `mini-buildd admin list`, `reset`, `email`, `disable` and `activate`: what an administrator needs where nobody can sign in. */
export function addAdminUserCommands(admin: Command, deps: CliDeps, finish: (code: number) => void): void {
  const { io } = deps;
  admin
    .command("list")
    .description("list the users with their levels and states")
    .option("--json", "as JSON")
    .option("--home <dir>", HOME_HELP)
    .action(async (options: HomeOption & { json?: boolean }) => {
      const { users } = await withAdmin(deps, options, (service) => service.listUsers());
      io.out(options.json === true ? `${JSON.stringify(users, null, 2)}\n` : users.map(lineOf).join(""));
      finish(EXIT.done);
    });
  admin
    .command("reset")
    .description("let a user set a new password; prints the address to hand on, once")
    .argument("<name>")
    .option("--home <dir>", HOME_HELP)
    .action(async (name: string, options: HomeOption) => {
      const { address } = await withAdmin(deps, options, (service) => service.resetUser({ name }));
      io.err(`With this address ${name} sets a new password, once, within a day:\n`);
      io.out(`${address}\n`);
      finish(EXIT.done);
    });
  admin
    .command("email")
    .description("give a user another mail address, or none; links that were mailed before end")
    .argument("<name>")
    .argument("[address]", "left out: none")
    .option("--home <dir>", HOME_HELP)
    .action(async (name: string, address: string | undefined, options: HomeOption) => {
      const email = address ?? "";
      await withAdmin(deps, options, (service) => service.setEmail({ name, email }));
      io.err(email === "" ? `User ${name} has no mail address.\n` : `User ${name} has ${email}.\n`);
      finish(EXIT.done);
    });
  admin
    .command("disable")
    .description("switch an account off; its sessions and tokens end, its key uploads no more")
    .argument("<name>")
    .option("--home <dir>", HOME_HELP)
    .action(async (name: string, options: HomeOption) => {
      await withAdmin(deps, options, (service) => service.disableUser({ name }));
      io.err(`User ${name} is off.\n`);
      finish(EXIT.done);
    });
  admin
    .command("activate")
    .description("activate an account that was registered or switched off")
    .argument("<name>")
    .option("--home <dir>", HOME_HELP)
    .action(async (name: string, options: HomeOption) => {
      await withAdmin(deps, options, (service) => service.activateUser({ name }));
      io.err(`User ${name} is active.\n`);
      finish(EXIT.done);
    });
}

/** Name, level, state and mail address, for eyes and for cut(1): separated by tabs. */
function lineOf({ name, level, state, email }: AdminUser): string {
  return `${[name, level, state, email].join("\t").trimEnd()}\n`;
}
