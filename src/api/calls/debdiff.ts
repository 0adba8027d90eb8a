import { z } from "zod";
import { repositories, source, str } from "../arguments/index.ts";
import { defineCall } from "../call.ts";

export const debdiff = defineCall({
  name: "debdiff",
  doc: `Compare two internal source packages

Both versions must be in a repository of this instance.`,
  costly: true,
  arguments: {
    source: source(["source"], { doc: "Source package." }),
    version_a: str(["version_a"], { doc: "Older version.", example: "2.10-2" }),
    version_b: str(["version_b"], { doc: "Newer version.", example: "2.10-3" }),
    repositories: repositories(["--repositories", "-R"], { doc: "Repositories to look in." }),
  },
  result: z.string().describe("Unified diff; empty when the sources are the same"),
});
