import { z } from "zod";
import { repositories } from "../arguments/index.ts";
import { defineCall } from "../call.ts";

const may = z
  .array(
    z.object({
      suites: z.array(z.string()).describe("None: all that take uploads"),
      sources: z.array(z.string()).describe("Patterns of source names; none: all"),
    }),
  )
  .describe("What it may upload: what any of these covers");

export const uploaders = defineCall({
  name: "uploaders",
  doc: "Get upload permissions for repositories",
  level: "ADMIN",
  needsRunning: true,
  arguments: {
    repositories: repositories(["--repositories", "-R"], { doc: "Repositories." }),
  },
  result: z
    .record(
      z.string(),
      z.object({
        unauthenticated: z.boolean().describe("Anybody may upload, signed or not"),
        keyrings: z.array(z.string()).describe("Files with further keys"),
        keys: z.array(
          z.object({
            fingerprint: z.string(),
            user_id: z.string(),
            user: z.string().optional().describe("Whose key it is; none: added by the administrator"),
            may,
          }),
        ),
        waiting: z
          .array(z.object({ fingerprint: z.string(), user_id: z.string(), user: z.string(), may }))
          .describe("Keys of users who may upload, still to be activated"),
      }),
    )
    .describe("By repository"),
});
