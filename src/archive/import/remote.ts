import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { isAbsolute, join } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { answerTo, errorText, hasCode, MbdError } from "#platform";
import { MAX_REDIRECTS, redirectTarget } from "#sources";

/** A repository somewhere else, read only. */
export interface Remote {
  /** What people call it. */
  readonly name: string;
  /** A file below it; undefined when there is none. @throws MbdError download_failed */
  open(path: string, maxBytes: number, signal?: AbortSignal): Promise<Readable | undefined>;
  close(): void;
}

const IDLE_MS = 60_000;
const CONNECTIONS = 8;

/** @param location http or https URL, `file:` URL, or an absolute directory. @throws MbdError bad_argument */
export function openRemote(location: string): Remote {
  if (isAbsolute(location)) return directory(location);
  const url = URL.canParse(location) ? new URL(location) : undefined;
  if (url?.protocol === "file:") return directory(fileURLToPath(url));
  if (url?.protocol === "http:" || url?.protocol === "https:") return server(url);
  const reason = `'${location}' is neither an http, https or file URL nor an absolute directory`;
  throw new MbdError("bad_argument", { argument: "location", reason });
}

/** Whether a path of an index stays below the repository, and is a plain one. */
export function isSafePath(path: string): boolean {
  const parts = path.split("/");
  return (
    path.length <= 1000 &&
    parts.every((part) => part !== "" && part !== "." && part !== ".." && !part.startsWith("-")) &&
    /^[\x21-\x7e]+$/.test(path) &&
    !path.includes("\\")
  );
}

function directory(root: string): Remote {
  return {
    name: root,
    async open(path, maxBytes) {
      const file = join(root, path);
      try {
        const found = await stat(file);
        if (!found.isFile()) throw failed(file, "it is not a regular file");
        if (found.size > maxBytes) throw failed(file, `it is longer than ${maxBytes} bytes`);
        return createReadStream(file);
      } catch (error) {
        if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) return undefined;
        if (error instanceof MbdError) throw error;
        throw failed(file, errorText(error), error);
      }
    },
    close: () => undefined,
  };
}

function server(base: URL): Remote {
  const options = { keepAlive: true, maxSockets: CONNECTIONS };
  const agents = { http: new HttpAgent(options), https: new HttpsAgent(options) };
  const root = base.href.endsWith("/") ? base.href : `${base.href}/`;
  return {
    name: root,
    async open(path, maxBytes, signal) {
      const url = new URL(path.split("/").map(encodeURIComponent).join("/"), root);
      try {
        const response = await follow(url, agents, signal);
        if (response.statusCode === 404) {
          response.resume();
          return undefined;
        }
        if (response.statusCode !== 200) {
          response.resume();
          throw failed(url.href, `the server answered ${response.statusCode}`);
        }
        return Readable.from(bounded(response, maxBytes, url.href), { objectMode: false });
      } catch (error) {
        if (error instanceof MbdError) throw error;
        throw failed(url.href, errorText(error), error);
      }
    },
    close: () => {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

async function follow(
  first: URL,
  agents: { readonly http: HttpAgent; readonly https: HttpsAgent },
  signal: AbortSignal | undefined,
): Promise<IncomingMessage> {
  let url = first;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const response = await ask(url, agents, signal);
    const target = redirectTarget(response, url);
    if (target === undefined) return response;
    response.resume();
    if (target.protocol !== "http:" && target.protocol !== "https:") {
      throw new Error(`${url.href} redirects to '${target.protocol}', which is neither http nor https`);
    }
    url = target;
  }
  throw new Error(`more than ${MAX_REDIRECTS} redirects`);
}

async function ask(
  url: URL,
  agents: { readonly http: HttpAgent; readonly https: HttpsAgent },
  signal: AbortSignal | undefined,
): Promise<IncomingMessage> {
  const common = { headers: { "user-agent": "mini-buildd" }, ...(signal === undefined ? {} : { signal }) };
  const request =
    url.protocol === "https:"
      ? httpsRequest(url, { ...common, agent: agents.https })
      : httpRequest(url, { ...common, agent: agents.http });
  request.setTimeout(IDLE_MS, () => request.destroy(new Error(`no answer within ${IDLE_MS / 1000} s`)));
  const answered = answerTo(request, signal);
  request.end();
  return await answered;
}

async function* bounded(response: IncomingMessage, maxBytes: number, url: string) {
  let sizeBytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes) throw failed(url, `the answer is longer than ${maxBytes} bytes`);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof MbdError) throw error;
    throw failed(url, errorText(error), error);
  }
}

function failed(url: string, reason: string, cause?: unknown): MbdError {
  return new MbdError("download_failed", { url, reason }, cause === undefined ? {} : { cause });
}
