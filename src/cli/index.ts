export type { CliDeps, OpenedArchive, OpenedHome, ServeOptions } from "./deps.ts";
export { EXIT, RemoteError, SUBMIT_EXIT } from "./exit-codes.ts";
export { type CliIo, systemIo } from "./io.ts";
export { type ProcessOwner, systemOwner } from "./owner.ts";
export { runCli } from "./run.ts";
