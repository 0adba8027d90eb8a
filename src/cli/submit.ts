import { randomBytes } from "node:crypto";
import { basename } from "node:path";
import type { Command } from "commander";
import { SESSION_HEADER } from "#incoming";
import { MbdError } from "#platform";
import { createClient } from "./client.ts";
import type { CliDeps } from "./deps.ts";
import { homeOf, localEndpoint } from "./endpoint.ts";
import { SUBMIT_EXIT } from "./exit-codes.ts";
import { followUpload, lastEvent, type UploadEnd } from "./follow-upload.ts";
import { putFile } from "./send-http.ts";
import { readUpload } from "./upload-files.ts";

interface SubmitOptions {
  readonly home?: string;
  readonly wait?: boolean;
}

const EXIT_OF: Readonly<Record<UploadEnd, number>> = {
  accepted: SUBMIT_EXIT.accepted,
  installed: SUBMIT_EXIT.accepted,
  rejected: SUBMIT_EXIT.rejected,
  failed: SUBMIT_EXIT.rejected,
  interrupted: SUBMIT_EXIT.error,
};

/** Sends an upload to the instance on this machine; returns the exit code (accepted, rejected or error). */
export async function runSubmit(deps: CliDeps, file: string, options: SubmitOptions): Promise<number> {
  const { io } = deps;
  // Nothing is verified here, the instance does that.
  const { paths } = await readUpload(file);
  const client = createClient(localEndpoint(homeOf(options.home, io.env)), undefined);
  const after = await lastEvent(client);
  const headers = { [SESSION_HEADER]: randomBytes(24).toString("base64url") };
  let upload: number | undefined;
  for (const path of paths) {
    io.err(`Sending ${basename(path)}\n`);
    ({ upload } = await putFile(client, path, { directory: "/upload/", headers }));
  }
  if (upload === undefined)
    throw new MbdError("incomplete", {
      changes: basename(file),
      files: "the instance is missing some of its files",
    });
  return EXIT_OF[await followUpload(io, client, { upload, after, wait: options.wait === true })];
}

export function addSubmitCommand(program: Command, deps: CliDeps, finish: (code: number) => void): void {
  program
    .command("submit")
    .description("upload to the instance on this machine; ends with 0 accepted, 1 rejected, 2 error")
    .argument("<changes>", "the .changes file; the files it lists lie beside it")
    .option("--wait", "wait until it is installed (0) or failed (1)")
    .option("--home <dir>", "home of the instance")
    .action(async (file: string, options: SubmitOptions) => finish(await runSubmit(deps, file, options)));
}
