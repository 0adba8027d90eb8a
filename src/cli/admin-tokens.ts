import type { Command } from "commander";
import type { AdminToken } from "#api";
import type { CliDeps } from "./deps.ts";
import { EXIT } from "./exit-codes.ts";
import { HOME_HELP, type HomeOption, withAdmin } from "./with-admin.ts";

/** `mini-buildd admin tokens` and `revoke`: tokens of the machine itself; those of users are on their own pages. */
export function addAdminTokenCommands(admin: Command, deps: CliDeps, finish: (code: number) => void): void {
  const { io } = deps;
  admin
    .command("tokens")
    .description("list the tokens that were made by 'admin token' and still work")
    .option("--json", "as JSON")
    .option("--home <dir>", HOME_HELP)
    .action(async (options: HomeOption & { json?: boolean }) => {
      const { tokens } = await withAdmin(deps, options, (service) => service.listTokens());
      io.out(options.json === true ? `${JSON.stringify(tokens, null, 2)}\n` : tokens.map(lineOf).join(""));
      finish(EXIT.done);
    });
  admin
    .command("revoke")
    .description("end such a token, at once and for good")
    .argument("<token>", "its name, or its number where several have the same name")
    .option("--home <dir>", HOME_HELP)
    .action(async (token: string, options: HomeOption) => {
      const { name, id } = await withAdmin(deps, options, (service) => service.revokeToken({ token }));
      io.err(`Token ${name} (number ${id}) works no more.\n`);
      finish(EXIT.done);
    });
}

/** Number, name, level, when it was made and last used, for eyes and for cut(1): separated by tabs. */
function lineOf({ id, name, level, createdAt, lastUsedAt }: AdminToken): string {
  return `${[id, name, level, createdAt, lastUsedAt ?? "never used"].join("\t")}\n`;
}
