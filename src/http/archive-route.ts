import type { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply } from "fastify";
import {
  type ArchiveAdmin,
  type ArchiveAnswer,
  type ArchiveProgress,
  type ArchiveRequest,
  archiveRequest,
  problemOf,
} from "#api";
import { ERROR_CATALOGUE, type Log, MbdError } from "#platform";
import { bodyOf } from "./admin-body.ts";
import { toMbdError } from "./errors.ts";

const MAX_COMMAND_CHARACTERS = 16 * 1024 * 1024;
const MAX_NAME_CHARACTERS = 5000;
const MAX_FILES = 1_000_000;
/** Progress is told no more often, and when there is none, that the work goes on. */
const PROGRESS_MS = 200;
const STILL_HERE_MS = 15_000;

export interface ArchiveRouteDeps {
  readonly archiveAdmin: ArchiveAdmin;
  readonly log: Log;
}

/**
 * `POST /admin/archive`, on the machine's own socket only: a command on the first line, names of files as JSON strings
 * on the following ones. The answer has a JSON document a line: progress, and last a report or an error.
 */
export function registerArchiveRoute(app: FastifyInstance, deps: ArchiveRouteDeps): void {
  void app.register(async (scope) => {
    // Read here, line by line: names of files may be more than the limit of other bodies.
    scope.addContentTypeParser("application/x-ndjson", (_request, payload, done) => done(null, payload));
    scope.post("/admin/archive", async (request, reply) => {
      const { command, files } = await readCommand(request.body);
      deps.log.info({ command: command.command, ...namesIn(command), files: files.length }, "administrator");
      await answer(deps, command, files, request.id, reply);
    });
  });
}

function namesIn(command: ArchiveRequest): Record<string, string> {
  const { distribution, from, to } = command as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries({ distribution, from, to }).filter(
      (entry): entry is [string, string] => typeof entry[1] === "string",
    ),
  );
}

async function readCommand(body: unknown): Promise<{ command: ArchiveRequest; files: string[] }> {
  if (!isStream(body))
    throw new MbdError("bad_request", { reason: "it has no body of the type application/x-ndjson" });
  let command: ArchiveRequest | undefined;
  const files: string[] = [];
  for await (const line of linesOf(body)) {
    if (line === "") continue;
    if (command === undefined) command = bodyOf(archiveRequest, parseLine(line));
    else files.push(fileName(parseLine(line)));
    if (files.length > MAX_FILES)
      throw new MbdError("too_many", { what: "files in one command", seconds: 0 });
  }
  if (command === undefined) throw new MbdError("bad_request", { reason: "it names no command" });
  return { command, files };
}

function isStream(body: unknown): body is Readable {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body;
}

async function* linesOf(stream: Readable): AsyncGenerator<string> {
  let rest = "";
  stream.setEncoding("utf8");
  // Who leaves this loop early must not end the connection that the refusal goes to.
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<string>) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MAX_COMMAND_CHARACTERS)
      throw new MbdError("too_large", { what: "A line of the request", limit: MAX_COMMAND_CHARACTERS });
    yield* lines;
  }
  yield rest;
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new MbdError("bad_request", { reason: "a line of it is not JSON" }, { cause: error });
  }
}

function fileName(value: unknown): string {
  if (
    typeof value === "string" &&
    value.startsWith("/") &&
    value.length <= MAX_NAME_CHARACTERS &&
    !value.includes("\0")
  )
    return value;
  throw new MbdError("bad_argument", { argument: "file", reason: "it is not an absolute file name" });
}

async function answer(
  { archiveAdmin, log }: ArchiveRouteDeps,
  command: ArchiveRequest,
  files: readonly string[],
  id: string,
  reply: FastifyReply,
): Promise<void> {
  const { raw } = reply;
  reply.hijack();
  const gone = new AbortController();
  raw.once("close", () => gone.abort(new Error("nobody waits for the answer")));
  raw.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
  const say = (line: ArchiveAnswer) => void raw.write(`${JSON.stringify(line)}\n`);
  // Idle connections are closed.
  const alive = setInterval(() => raw.write("\n"), STILL_HERE_MS);
  try {
    const progress = throttled((now) => say({ progress: now }));
    say({ report: await archiveAdmin.run(command, { files, progress, signal: gone.signal }) });
  } catch (error) {
    const known = toMbdError(error, id, MAX_COMMAND_CHARACTERS);
    if (ERROR_CATALOGUE[known.code].kind === "internal")
      log.error({ err: error, request: id, command: command.command }, "command failed");
    say({ error: problemOf(known, { request: id }) });
  } finally {
    clearInterval(alive);
    raw.end();
  }
}

function throttled(tell: (progress: ArchiveProgress) => void): (progress: ArchiveProgress) => void {
  let last = 0;
  return (progress) => {
    const now = performance.now();
    if (now - last < PROGRESS_MS) return;
    last = now;
    tell(progress);
  };
}
