import { z } from "zod";
import { repositories } from "../arguments/index.ts";
import { defineCall } from "../call.ts";

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
          }),
        ),
        waiting: z
          .array(z.object({ fingerprint: z.string(), user_id: z.string(), user: z.string() }))
          .describe("Keys of users who may upload, still to be activated"),
      }),
    )
    .describe("By repository"),
});
