import { request as httpRequest, type IncomingMessage } from "node:http";
import type { ArchiveAnswer, ArchiveProgress, ArchiveReport, ArchiveRequest } from "#api";
import { answerTo, errorText, hasCode, MbdError } from "#platform";
import type { Endpoint } from "../endpoint.ts";
import { RemoteError } from "../exit-codes.ts";

/** Names of files are sent in pieces of about this size. */
const PIECE_CHARACTERS = 64 * 1024;

/**
 * Has the daemon of a home do a command. Undefined when no daemon runs: there is no socket, or one that a daemon left
 * when it was killed; nothing was sent then.
 */
export async function askDaemon(
  endpoint: Endpoint,
  command: { readonly request: ArchiveRequest; readonly files: readonly string[] },
  onProgress: (progress: ArchiveProgress) => void,
): Promise<ArchiveReport | undefined> {
  try {
    const response = await send(endpoint, command);
    const answer = await readAnswer(response, onProgress);
    if ("report" in answer) return answer.report;
    throw errorOf(answer.error, response.statusCode ?? 0);
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ECONNREFUSED")) return undefined;
    if (error instanceof RemoteError || error instanceof MbdError) throw error;
    const reason = hasCode(error, "EACCES")
      ? "its control socket is for root and the owner of the home only"
      : errorText(error);
    const place = endpoint.socket ?? endpoint.name;
    throw new MbdError("unreachable", { endpoint: place, reason }, { cause: error });
  }
}

async function send(
  endpoint: Endpoint,
  { request, files }: { readonly request: ArchiveRequest; readonly files: readonly string[] },
): Promise<IncomingMessage> {
  const outgoing = httpRequest({
    socketPath: endpoint.socket,
    method: "POST",
    path: "/admin/archive",
    headers: { host: "localhost", "content-type": "application/x-ndjson" },
  });
  const answered = answerTo(outgoing);
  outgoing.write(`${JSON.stringify(request)}\n`);
  for (const piece of pieces(files)) {
    if (outgoing.write(piece)) continue;
    // A daemon that refuses answers before it has all of it.
    await Promise.race([new Promise((resolve) => outgoing.once("drain", resolve)), answered]);
  }
  outgoing.end();
  return await answered;
}

function* pieces(files: readonly string[]): Generator<string> {
  let piece = "";
  for (const file of files) {
    piece += `${JSON.stringify(file)}\n`;
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = "";
  }
  if (piece !== "") yield piece;
}

type LastAnswer = Exclude<ArchiveAnswer, { progress: unknown }>;

/** Reads the answer, a JSON document a line, to its last line, which is a report or an error. */
async function readAnswer(
  response: IncomingMessage,
  onProgress: (progress: ArchiveProgress) => void,
): Promise<LastAnswer> {
  let last: LastAnswer | undefined;
  for await (const line of linesOf(response)) {
    if (line.trim() === "") continue;
    const answer = parseLine(line, response);
    if ("progress" in answer) onProgress(answer.progress);
    else last = answer;
  }
  if (last === undefined) throw new Error("its answer broke off; look at what the archive has now");
  return last;
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  let rest: string[] = [];
  for await (const chunk of response.setEncoding("utf8") as AsyncIterable<string>) {
    const [first = "", ...lines] = chunk.split("\n");
    rest.push(first);
    for (const line of lines) {
      yield rest.join("");
      rest = [line];
    }
  }
  yield rest.join("");
}

/** An answer that is none of ours (an old daemon, say) is an error with what it says. */
function parseLine(line: string, response: IncomingMessage): ArchiveAnswer {
  try {
    const answer = JSON.parse(line) as ArchiveAnswer;
    return response.statusCode === 200 ? answer : { error: answer };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { error: { detail: `the daemon answered: ${line.slice(0, 300)}` } };
  }
}

/** A problem (RFC 9457) as a daemon answers with. */
function errorOf(problem: unknown, status: number): RemoteError {
  const { detail, code, status: own, hint } = (problem ?? {}) as Record<string, unknown>;
  return new RemoteError({
    detail: typeof detail === "string" ? detail : `the daemon answered with status ${status}`,
    code: typeof code === "string" ? code : "unknown",
    status: typeof own === "number" ? own : status,
    hint: typeof hint === "string" ? hint : undefined,
  });
}
