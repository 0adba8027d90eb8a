import { z } from "zod";
import { codenames, int, repositories, str } from "../arguments/index.ts";
import { defineCall } from "../call.ts";

export const searchMatch = z.object({
  kind: z.enum(["source", "binary", "build", "event"]),
  name: z.string().describe("Name of the package"),
  version: z.string(),
  distribution: z.string().optional(),
  source: z.string().optional().describe("Of a binary package: what it was built from"),
  state: z.string().optional().describe("Of a build or event: what became of it"),
  path: z.string().describe("Page about it, below the instance's address"),
});

export const search = defineCall({
  name: "search",
  doc: `Search packages, builds and events

The pattern is a glob (with * or ?) or a part of the name of a source or binary package.`,
  costly: true,
  arguments: {
    pattern: str(["pattern"], { doc: "Glob or part of a name.", example: "libhello*" }),
    repositories: repositories(["--repositories", "-R"], { doc: "Repositories to look in." }),
    codenames: codenames(["--codenames", "-C"], { doc: "Codenames to look in." }),
    limit: int(["--limit", "-n"], {
      doc: "At most so many matches of each kind.",
      default: 50,
      min: 1,
      max: 500,
    }),
  },
  result: z.object({
    matches: z.array(searchMatch),
    more: z.boolean().describe("There are more matches than the limit"),
  }),
});
