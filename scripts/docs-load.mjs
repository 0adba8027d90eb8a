// Loads the program's own tables (calls, errors, layouts, …), so that the reference cannot say anything else.
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

/** All that the reference is made from. */
const ENTRY = `
export { z } from "zod";
export { ERROR_CATALOGUE, homeAt } from "#platform";
export { BUILT_IN_VIEWS } from "./src/blocks/blocks.ts";
export { CACHE_MOUNT, MAX_BLOCK_TEXT, OWN_BLOCK_FORMS } from "#blocks";
export { EVENT_KINDS } from "./src/events/event-kinds.ts";
export { allCalls, commandLine, describeCall } from "#api";
export { DEFAULT_LIMITS as BUILD_LIMITS } from "./src/builds/build-description.ts";
export { BUILD_LIMIT_NAMES } from "./src/cli/build-limits.ts";
export { DEFAULT_LIMITS as INCOMING_LIMITS } from "./src/incoming/limits.ts";
export { LAYOUTS, SETTING_WORDS } from "./src/repositories/words.ts";
export { parseWantedRepository } from "./src/setup/setup-request.ts";
export { EXIT, runCli, SUBMIT_EXIT } from "#cli";
export { Command } from "commander";
`;

export async function loadProgram(root) {
  // Below node_modules, so that packages left out of the bundle are found from there.
  const dir = await mkdtemp(join(root, "node_modules", ".docs-"));
  try {
    const outfile = join(dir, "program.mjs");
    await build({
      stdin: { contents: ENTRY, resolveDir: root, loader: "ts" },
      outfile,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      packages: "external",
      logLevel: "warning",
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** The program's command line as a commander Command, taken at the moment when it would read its arguments. */
export async function loadCommandLine({ Command, runCli }, version) {
  const { parseAsync } = Command.prototype;
  let found;
  Command.prototype.parseAsync = async function take() {
    found = this;
    return this;
  };
  try {
    await runCli([], { version, io: { env: {} } });
  } finally {
    Command.prototype.parseAsync = parseAsync;
  }
  if (found === undefined) throw new Error("the command line was not found");
  return found;
}
