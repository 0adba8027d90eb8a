import { z } from "zod";
import { bool } from "../arguments/index.ts";
import { defineCall } from "../call.ts";

const suite = z.object({
  name: z.string().describe("Distribution string"),
  uploadable: z.boolean(),
  experimental: z.boolean(),
  migrates_to: z.string().optional().describe("Distribution string of the next suite"),
  rollbacks: z.int(),
});

export const statusRepository = z.object({
  identity: z.string(),
  layout: z.string(),
  distributions: z.array(
    z.object({
      codename: z.string(),
      components: z.array(z.string()),
      architectures: z.array(z.string()),
      suites: z.array(suite),
    }),
  ),
});

export const testReport = z.object({
  source: z.string(),
  target: z.string().describe("Distribution string"),
  version: z.string(),
  bkey: z.string(),
  expected: z.string().describe("State that its packaging must end in"),
  got: z.string().optional().describe("State that it ended in"),
});

const openBuild = z.object({
  bkey: z.string(),
  distribution: z.string(),
  state: z.string(),
  priority: z.int(),
  queued_at: z.string(),
  started_at: z.string().optional(),
  waits: z.string().optional().describe("Why it waits, one line"),
  expected_end: z
    .string()
    .optional()
    .describe("By what earlier builds of the source took; absent without any"),
});

export const statusQueue = z.object({
  running: z.array(openBuild),
  waiting: z.array(openBuild).describe("In the order in which they get slots, then those that wait for more"),
  more: z.boolean().describe("More builds wait than are listed"),
});

export const status = defineCall({
  name: "status",
  doc: "Get status of this instance",
  arguments: {
    with_repositories: bool(["--with-repositories", "-R"], {
      doc: "Also describe all repositories.",
    }),
    with_queue: bool(["--with-queue", "-Q"], {
      doc: "Also list the builds that run and wait: why each waits, and when it is expected to end.",
    }),
  },
  result: z.object({
    version: z.string().describe("Version of mini-buildd"),
    identity: z.string().describe("Identity of the instance"),
    url: z.string().describe("Address of the instance (HTTP)"),
    incoming_url: z.string().describe("Address for uploads (FTP)"),
    load: z.number().describe("0 to 1; negative when the engine is stopped or draining"),
    chroots: z.array(z.string()).describe("Active chroots, codename:arch"),
    remotes: z.array(z.string()).describe("Active or reactivating remotes"),
    problems: z
      .array(z.string())
      .optional()
      .describe("What needs a look: jobs that keep failing, sources and chroots that do not work"),
    test_packages: z
      .array(testReport)
      .optional()
      .describe("How the newest test package of each kind ended in each distribution"),
    repositories: z.array(statusRepository).optional(),
    queue: statusQueue.optional(),
  }),
});
