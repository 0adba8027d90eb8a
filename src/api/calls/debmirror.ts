import { z } from "zod";
import { bool, codenames, list, repositories, str, suites } from "../arguments/index.ts";
import { defineCall } from "../call.ts";

export const debmirror = defineCall({
  name: "debmirror",
  doc: `Make local partial repository mirror via Debian package 'debmirror'

For publishing a stripped-down variant of a repository (only some repositories or suites, no rollbacks) somewhere else. The directory lies below the mirrors/ directory of the instance's home.`,
  level: "ADMIN",
  confirm: true,
  arguments: {
    destination: str(["destination"], { doc: "Name of the mirror's directory.", example: "public" }),
    repositories: repositories(["--repositories", "-R"], { doc: "Repositories." }),
    codenames: codenames(["--codenames", "-C"], { doc: "Codenames." }),
    suites: suites(["--suites", "-S"], { doc: "Suites." }),
    architectures: list(["--architectures", "-A"], { doc: "Architectures; all unless some are named." }),
    without_source: bool(["--without-source"], { doc: "Leave out source packages." }),
    with_rollbacks: bool(["--with-rollbacks"], { doc: "Also mirror rollback distributions." }),
  },
  result: z.object({
    directory: z.string(),
    repositories: z.array(
      z.object({ repository: z.string(), distributions: z.array(z.string()), bytes: z.int() }),
    ),
  }),
});
