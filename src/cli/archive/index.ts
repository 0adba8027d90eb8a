export { addArchiveCommands } from "./commands.ts";
export { runArchiveCli } from "./run-archive-cli.ts";
