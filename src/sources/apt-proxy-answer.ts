import { type FileHandle, open } from "node:fs/promises";
import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { answerTo, errorText, hasCode, withoutHops } from "#platform";
import type { AptCache, CacheEntry } from "./apt-proxy-cache.ts";
import { type Selection, select } from "./apt-proxy-conditions.ts";
import type { Download } from "./apt-proxy-download.ts";
import type { Source } from "./apt-proxy-obtain.ts";
import { UpstreamError } from "./apt-proxy-upstream.ts";

/** A file can leave the cache between being found and being opened. */
const TRIES = 3;

type About = Download["about"];

export function refuse(response: ServerResponse, status: number, reason: string): void {
  const body = `${reason}\n`;
  const headers = { "content-type": "text/plain; charset=utf-8", "content-length": Buffer.byteLength(body) };
  response.writeHead(status, headers).end(body);
}

/** Answers with a file, from the cache or while it comes. */
export async function answerFrom(
  cache: AptCache,
  obtain: () => Promise<Source>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const source = await obtain();
    if (source.kind === "status") {
      refuse(response, source.status, source.reason);
      return;
    }
    const sent =
      source.kind === "cache"
        ? await sendCached(cache, source.entry, request, response)
        : await sendDownload(source.download, request, response);
    if (sent) return;
  }
  throw new UpstreamError(502, "The file left the cache again and again.");
}

/** To a repository of our own: as it is, nothing kept. */
export async function passThrough(
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const headers = { ...withoutHops(request.headers), host: url.host };
  const asked = httpRequest(url, { method: request.method ?? "GET", headers, agent: false });
  const answered = answerTo(asked);
  asked.end();
  const answer = await answered.catch((error: unknown) => {
    throw new UpstreamError(502, `${url.host} could not be asked: ${errorText(error)}.`, { cause: error });
  });
  response.writeHead(answer.statusCode ?? 502, withoutHops(answer.headers));
  await transmit(answer, response);
}

async function sendCached(
  cache: AptCache,
  entry: CacheEntry,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  let file: FileHandle;
  try {
    file = await open(cache.path(entry));
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false;
    throw error;
  }
  const selection = writeHead(request, response, entry);
  if (request.method === "HEAD" || selection.status === 304 || selection.status === 416) {
    await file.close();
    response.end();
    return true;
  }
  const part = selection.status === 206 ? { start: selection.start, end: selection.end } : {};
  await transmit(file.createReadStream(part), response);
  return true;
}

async function sendDownload(
  download: Download,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const selection = select(request.headers, download.about, download.about.sizeBytes);
  const hasBody = request.method !== "HEAD" && (selection.status === 200 || selection.status === 206);
  const part = selection.status === 206 ? [selection.start, selection.end] : [];
  const content = hasBody ? download.read(...part) : Readable.from([]);
  if (content === undefined) return false;
  writeHead(request, response, download.about);
  await transmit(content, response);
  return true;
}

function writeHead(request: IncomingMessage, response: ServerResponse, about: About): Selection {
  const selection = select(request.headers, about, about.sizeBytes);
  const size = about.sizeBytes;
  const headers: Record<string, string | number> = {
    "accept-ranges": "bytes",
    ...(about.etag === undefined ? {} : { etag: about.etag }),
    ...(about.lastModified === undefined ? {} : { "last-modified": about.lastModified }),
    ...(about.contentType === undefined ? {} : { "content-type": about.contentType }),
  };
  if (selection.status === 206) {
    headers["content-range"] = `bytes ${selection.start}-${selection.end}/${size}`;
    headers["content-length"] = selection.end - selection.start + 1;
  } else if (selection.status === 416) {
    headers["content-range"] = `bytes */${size}`;
    headers["content-length"] = 0;
  } else if (selection.status === 200 && size !== undefined) headers["content-length"] = size;
  response.writeHead(selection.status, headers);
  return selection;
}

/** A client that leaves is no error; an archive that breaks off must look broken to the client, too. */
async function transmit(content: Readable, response: ServerResponse): Promise<void> {
  try {
    await pipeline(content, response);
  } catch (error) {
    content.destroy();
    response.destroy();
    if (error instanceof UpstreamError) return;
    if (
      hasCode(error, "ERR_STREAM_PREMATURE_CLOSE") ||
      hasCode(error, "ECONNRESET") ||
      hasCode(error, "EPIPE")
    )
      return;
    throw error;
  }
}
