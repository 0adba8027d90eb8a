import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import { isChangesFileName, parseChanges, unwrapClearsigned } from "#deb";
import { SESSION_HEADER } from "#incoming";
import { errorText, MbdError } from "#platform";
import { type Client, createClient, remoteError } from "./client.ts";
import type { CliDeps } from "./deps.ts";
import { homeOf, localEndpoint } from "./endpoint.ts";
import { eventLine } from "./event-line.ts";
import { type CliEvent, followEvents } from "./event-stream.ts";
import { RemoteError, SUBMIT_EXIT } from "./exit-codes.ts";
import { colorsFor } from "./io.ts";

interface SubmitOptions {
  readonly home?: string;
  readonly wait?: boolean;
}

/** Sends an upload to the instance on this machine; returns the exit code (accepted, rejected or error). */
export async function runSubmit(deps: CliDeps, file: string, options: SubmitOptions): Promise<number> {
  const { io } = deps;
  const files = await filesOf(file);
  const client = createClient(localEndpoint(homeOf(options.home, io.env)), undefined);
  const start = await lastEvent(client);
  const token = randomBytes(24).toString("base64url");
  let location: string | undefined;
  for (const path of files) {
    io.err(`Sending ${basename(path)}\n`);
    location = await sendFile(client, path, token);
  }
  const upload = Number(/^\/uploads\/([0-9]+)$/.exec(location ?? "")?.[1]);
  if (!Number.isInteger(upload))
    throw new MbdError("incomplete", {
      changes: basename(file),
      files: "the instance is missing some of its files",
    });
  return await followUpload(deps, client, upload, start, options.wait === true);
}

/** The .changes last: its arrival completes the upload. Nothing is verified here, the instance does that. */
async function filesOf(changesFile: string): Promise<string[]> {
  const name = basename(changesFile);
  if (!isChangesFileName(name)) throw unusable(`${name} is not the name of a .changes file`);
  try {
    const changes = parseChanges(unwrapClearsigned(await readFile(changesFile, "utf8"), name), name);
    const paths = changes.files.map((file) => join(dirname(changesFile), file.name));
    for (const path of paths) await stat(path);
    return [...paths, changesFile];
  } catch (error) {
    throw unusable(errorText(error));
  }
}

function unusable(reason: string): MbdError {
  return new MbdError("bad_argument", { argument: "changes", reason: reason.replace(/\.$/, "") });
}

async function sendFile(client: Client, path: string, token: string): Promise<string | undefined> {
  const { size } = await stat(path);
  const response = await client.open({
    method: "PUT",
    path: `/upload/${encodeURIComponent(basename(path))}`,
    headers: {
      [SESSION_HEADER]: token,
      "content-length": String(size),
      "content-type": "application/octet-stream",
    },
    body: createReadStream(path),
  });
  const answer = await text(response);
  const status = response.statusCode ?? 0;
  if (status !== 200 && status !== 201) throw uploadError(client, status, answer);
  return response.headers.location;
}

/** Uploads are answered with plain sentences: message, then hint. */
function uploadError(client: Client, status: number, answer: string): RemoteError {
  const [detail, hint] = answer.trim().split("\n");
  if (detail === undefined || detail === "") return remoteError(client.endpoint, status, answer);
  return new RemoteError({ status, code: "upload", detail, hint });
}

async function lastEvent(client: Client): Promise<number> {
  const answer: unknown = JSON.parse(await client.text({ method: "GET", path: "/api/events?limit=1" }));
  const { last } = answer as { last?: unknown };
  return typeof last === "number" ? last : 0;
}

async function followUpload(
  deps: CliDeps,
  client: Client,
  upload: number,
  after: number,
  wait: boolean,
): Promise<number> {
  const { io } = deps;
  const colors = colorsFor(io, io.outIsTerminal);
  const events = followEvents(client, {
    query: {},
    after,
    signal: io.interrupted,
    onLost: (reason) => io.err(`Connection lost (${reason}), trying again.\n`),
  });
  for await (const event of events) {
    if (event.upload !== upload) continue;
    io.out(eventLine(event, colors));
    const code = codeOf(event, wait);
    if (code !== undefined) return code;
  }
  return SUBMIT_EXIT.error;
}

/** Which exit code an event of the upload decides, if any. Events of single builds decide nothing. */
function codeOf(event: CliEvent, wait: boolean): number | undefined {
  if (event.type === "REJECTED") return SUBMIT_EXIT.rejected;
  if (!wait) return SUBMIT_EXIT.accepted;
  if (event.type === "INSTALLED") return SUBMIT_EXIT.accepted;
  if (event.type === "FAILED") return SUBMIT_EXIT.rejected;
  return event.type === "CANCELLED" && event.arch === undefined ? SUBMIT_EXIT.rejected : undefined;
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
