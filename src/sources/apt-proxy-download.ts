import { EventEmitter, once } from "node:events";
import { open } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { errorText, unlinkIfPresent } from "#platform";
import type { AptCache, CacheEntry } from "./apt-proxy-cache.ts";
import { checkContent } from "./apt-proxy-content.ts";
import { UpstreamError } from "./apt-proxy-upstream.ts";

const CHUNK_BYTES = 64 * 1024;

/** A file on its way from an archive into the cache, which any number of clients read meanwhile. */
export interface Download {
  /** What the archive says about it; the size if it told one. */
  readonly about: Omit<CacheEntry, "data" | "sizeBytes"> & { readonly sizeBytes: number | undefined };
  /** From a byte to a last one (default: all), as it comes; undefined when it is over and in the cache. */
  read(start?: number, end?: number): Readable | undefined;
  /** Fulfilled when it is in the cache. @throws UpstreamError */
  readonly stored: Promise<void>;
  stop(): void;
}

/** Begins to store the body of an answer 200. It goes on when its clients leave: the next one wants it, too. */
export async function startDownload(
  cache: AptCache,
  url: string,
  response: IncomingMessage,
): Promise<Download> {
  const about = describe(url, response);
  const path = cache.temporary();
  const file = await open(path, "wx+");
  const content = checkContent(url);
  const news = new EventEmitter().setMaxListeners(0);
  let written = 0;
  let state: "running" | "done" | "failed" = "running";
  let users = 1;
  let closed = false;

  const release = async (): Promise<void> => {
    users -= 1;
    if (users > 0 || closed) return;
    closed = true;
    await file.close();
  };
  const receive = async (): Promise<void> => {
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) {
        await file.writeFile(chunk);
        content.take(chunk);
        written += chunk.length;
        news.emit("more");
      }
      if (about.sizeBytes !== undefined && written !== about.sizeBytes)
        throw new Error("the answer was cut off");
      // apt finds that out by itself; the next one must not get the same again.
      if (!content.isRight()) throw new Error("the answer is not what its name says");
      // What is kept for ever must not turn into zeros by a power cut.
      await file.sync();
      await cache.store(path, { ...about, sizeBytes: written });
      state = "done";
    } catch (error) {
      state = "failed";
      await unlinkIfPresent(path);
      throw new UpstreamError(502, `${url} broke off: ${errorText(error)}.`, { cause: error });
    } finally {
      news.emit("more");
      await release();
    }
  };
  const stored = receive();
  // Clients see a failure as the end of their own streams.
  stored.catch(() => undefined);

  async function* parts(start: number, end: number): AsyncGenerator<Buffer> {
    // Up to the last byte, not until it is stored: apt's next answer on the connection would wait for the disk.
    const last = Math.min(end, (about.sizeBytes ?? Number.POSITIVE_INFINITY) - 1);
    let position = start;
    while (position <= last) {
      if (position < written) {
        const length = Math.min(CHUNK_BYTES, written - position, last - position + 1);
        const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, position);
        position += bytesRead;
        yield buffer.subarray(0, bytesRead);
      } else if (state === "running") await once(news, "more");
      else if (state === "done") return;
      else await stored;
    }
  }

  return {
    about,
    stored,
    read(start = 0, end = Number.POSITIVE_INFINITY) {
      if (closed) return undefined;
      users += 1;
      const stream = Readable.from(parts(start, end));
      stream.once("close", () => void release());
      return stream;
    },
    stop: () => response.destroy(new Error("the proxy is being stopped")),
  };
}

function describe(url: string, response: IncomingMessage): Download["about"] {
  const { headers } = response;
  const length = headers["content-length"];
  return {
    url,
    sizeBytes: length === undefined ? undefined : Number(length),
    etag: headers.etag,
    lastModified: headers["last-modified"],
    contentType: headers["content-type"],
  };
}
