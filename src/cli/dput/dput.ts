import { randomBytes } from "node:crypto";
import { access, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Command } from "commander";
import { SESSION_HEADER } from "#incoming";
import { errorText, MbdError } from "#platform";
import { createClient } from "../client.ts";
import { authorizationFor } from "../credentials.ts";
import type { CliDeps } from "../deps.ts";
import { homeOf, parseEndpoint } from "../endpoint.ts";
import { EXIT } from "../exit-codes.ts";
import { followUpload, lastEvent } from "../follow-upload.ts";
import { terminalText } from "../io.ts";
import { createProgressBar } from "../progress.ts";
import { putFile } from "../send-http.ts";
import { checkUpload } from "../upload-files.ts";
import { readDputConfig } from "./dput-config.ts";
import { sendFtp } from "./send-ftp.ts";
import { placeOf, type UploadPlace } from "./upload-place.ts";

interface DputOptions {
  readonly config?: string;
  readonly force?: boolean;
  readonly wait?: boolean;
  readonly endpoint?: string;
  readonly home?: string;
}

type Sent = { readonly upload: number | undefined };

/** `mini-buildd dput TARGET CHANGES…`; all uploads are checked before the first is sent. */
async function runDput(
  deps: CliDeps,
  target: string,
  files: readonly string[],
  options: DputOptions,
): Promise<number> {
  const { io } = deps;
  const home = homeOf(options.home, io.env);
  const place = placeOf(target, await readDputConfig(io, options.config), home, io.env);
  const uploads = [];
  const problems: string[] = [];
  for (const file of files) {
    const checked = await checkUpload(file);
    problems.push(...checked.problems);
    if (options.force !== true && (await exists(logOf(file, target))))
      problems.push(`${basename(file)} was uploaded to ${target} before; -f does it again.`);
    uploads.push({ file, paths: checked.upload.paths });
  }
  for (const problem of problems) io.err(`${terminalText(problem)}\n`);
  if (problems.length > 0) return EXIT.failed;

  const endpoint = options.endpoint === undefined ? place.endpoint : parseEndpoint(options.endpoint, home);
  const client = createClient(endpoint, await authorizationFor(endpoint, {}, io));
  let code: number = EXIT.done;
  for (const { file, paths } of uploads) {
    const after = options.wait === true ? await lastEvent(client) : 0;
    const { upload } = await send(deps, place, paths);
    await writeLog(deps, file, target, paths);
    if (options.wait !== true) continue;
    if (upload === undefined)
      throw new MbdError("incomplete", { changes: basename(file), files: "nothing tells of its arrival" });
    const end = await followUpload(io, client, { upload, after, wait: true });
    if (end === "interrupted") return EXIT.failed;
    if (end !== "installed") code = EXIT.resultFailed;
  }
  return code;
}

async function send(deps: CliDeps, place: UploadPlace, paths: readonly string[]): Promise<Sent> {
  const { io } = deps;
  const bar = createProgressBar(io, Date.now);
  const begin = (path: string) => {
    bar.clear();
    io.err(`Sending ${terminalText(basename(path))}\n`);
  };
  const onBytes = (name: string, done: number, total: number) => bar.show({ what: name, done, total });
  try {
    if (place.method === "ftp") {
      const password = place.user === "anonymous" ? "mini-buildd@" : await passwordOf(deps, place.user);
      return await sendFtp({ ...place, password }, paths, begin, onBytes);
    }
    const { endpoint, directory, user } = place;
    const client = createClient(endpoint, await authorizationFor(endpoint, { user }, io));
    const headers = { [SESSION_HEADER]: randomBytes(24).toString("base64url") };
    let sent: Sent = { upload: undefined };
    for (const path of paths) {
      begin(path);
      sent = await putFile(client, path, { directory, headers, onBytes });
    }
    return sent;
  } finally {
    bar.clear();
  }
}

async function passwordOf({ io }: CliDeps, user: string): Promise<string> {
  const given = io.env.MINI_BUILDD_PASSWORD;
  if (given !== undefined) return given;
  // Our own server takes any; others that need one are asked for by a person.
  return io.inIsTerminal ? await io.ask(`Password of ${user}: `, { hidden: true }) : "";
}

/** Where dput(1) notes an upload, too: either refuses what the other has sent. */
function logOf(changesFile: string, target: string): string {
  return `${changesFile.replace(/\.changes$/, "")}.${target.replace(/[^A-Za-z0-9._-]+/g, "_")}.upload`;
}

async function writeLog(
  { io }: CliDeps,
  file: string,
  target: string,
  paths: readonly string[],
): Promise<void> {
  const lines = paths.map((path) => `Successfully uploaded ${basename(path)} to ${target}.\n`);
  await writeFile(logOf(file, target), lines.join("")).catch((error: unknown) => {
    io.err(`It was uploaded, but that could not be noted: ${terminalText(errorText(error))}\n`);
  });
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

export function addDputCommand(program: Command, deps: CliDeps, finish: (code: number) => void): void {
  program
    .command("dput")
    .description("upload packages, to a target of dput's configuration or to an instance")
    .argument(
      "<target>",
      "a target of ~/.dput.cf, ~/.dput.d/profiles or the same in /etc; an endpoint; `local`",
    )
    .argument("<changes...>", "the .changes files; the files they list lie beside them")
    .option("-c, --config <file>", "read targets from this dput.cf (or JSON profile) only")
    .option("-f, --force", "also what was uploaded there before")
    .option(
      "-C, --wait",
      `wait until all is installed (0), or one was rejected or failed (${EXIT.resultFailed})`,
    )
    .option(
      "--endpoint <endpoint>",
      "where --wait follows events (default: that of an HTTP target; of an FTP target the same host with port 8066)",
    )
    .option("--home <dir>", "home of the local instance")
    .action(async (target: string, files: string[], options: DputOptions) =>
      finish(await runDput(deps, target, files, options)),
    );
}
