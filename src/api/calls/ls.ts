import { z } from "zod";
import { codenames, repositories, source, str } from "../arguments/index.ts";
import { defineCall } from "../call.ts";
import { hold } from "../hold.ts";

export const lsEntry = z.object({
  version: z.string(),
  component: z.string(),
  architectures: z.array(z.string()),
  binaries: z.array(z.string()).describe("Names of binary packages"),
  dsc_path: z.string().optional().describe("Path of the .dsc below the instance's address"),
  uploadable: z.boolean(),
  experimental: z.boolean(),
  migrates_to: z.string().optional().describe("Distribution string"),
  hold: hold.optional().describe("It does not migrate by itself"),
  is_migrated: z.boolean().describe("The target holds this version too"),
  rollbacks: z.array(
    z.object({ distribution: z.string(), version: z.string(), dsc_path: z.string().optional() }),
  ),
  changes_path: z.string().optional(),
  event_path: z.string().optional(),
});

export const ls = defineCall({
  name: "ls",
  doc: "List source package in repository",
  arguments: {
    source: source(["source"], { doc: "Source package." }),
    repositories: repositories(["--repositories", "-R"], { doc: "Repositories to look in." }),
    codenames: codenames(["--codenames", "-C"], { doc: "Codenames to look in." }),
    version: str(["--version", "-V"], { doc: "Only this version." }),
    min_version: str(["--min-version"], { doc: "Only this version and higher ones." }),
  },
  result: z.record(z.string(), lsEntry).describe("By distribution string"),
});
