import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { type Client, remoteError } from "./client.ts";
import { RemoteError } from "./exit-codes.ts";

/** Told how much of a file is on its way. */
export type OnBytes = (name: string, done: number, total: number) => void;

export interface HttpPut {
  /** Path of the directory for uploads, with a slash at its end. */
  readonly directory: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly onBytes?: OnBytes;
}

/** Sends one file. `upload`: the number of the upload that it completed, as an instance tells it. */
export async function putFile(
  client: Client,
  path: string,
  { directory, headers, onBytes = () => undefined }: HttpPut,
): Promise<{ upload: number | undefined }> {
  const { size } = await stat(path);
  const name = basename(path);
  const response = await client.open({
    method: "PUT",
    path: `${directory}${encodeURIComponent(name)}`,
    headers: { ...headers, "content-length": String(size), "content-type": "application/octet-stream" },
    body: counting(createReadStream(path), (done) => onBytes(name, done, size)),
  });
  const answer = await text(response);
  const status = response.statusCode ?? 0;
  if (status < 200 || status >= 300) throw uploadError(client, status, answer);
  const [, number] = /^\/uploads\/([0-9]+)$/.exec(response.headers.location ?? "") ?? [];
  return { upload: number === undefined ? undefined : Number(number) };
}

export function counting(stream: Readable, onBytes: (done: number) => void): Readable {
  let done = 0;
  // Listening would start the stream before its reader is there; a pipe hands on what passes.
  return stream.map((chunk: Buffer) => {
    done += chunk.length;
    onBytes(done);
    return chunk;
  });
}

/** Uploads are answered with plain sentences: message, then hint. */
function uploadError(client: Client, status: number, answer: string): RemoteError {
  const [detail, hint] = answer.trim().split("\n");
  if (detail === undefined || detail === "" || detail.startsWith("<"))
    return remoteError(client.endpoint, status, answer);
  return new RemoteError({ status, code: "upload", detail, hint });
}
