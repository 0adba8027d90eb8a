import { once } from "node:events";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { basename } from "node:path";
import type { Readable } from "node:stream";

export interface HttpAnswer {
  readonly status: number;
  readonly reason: string;
  readonly body: string;
  readonly location: string | undefined;
}

/** Header that makes several PUTs one session. */
const SESSION_HEADER = "x-mini-buildd-session";

export interface PutOptions {
  /** Raw path behind `/upload/`, not encoded here. */
  readonly name: string;
  readonly content: Uint8Array | string | Readable;
  /** Announced length, if it shall differ from the real one. */
  readonly lengthBytes?: number;
  readonly session?: string;
}

/** One `PUT /upload/<name>`. */
export async function httpPut(port: number, options: PutOptions): Promise<HttpAnswer> {
  const { content } = options;
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  const sending = putRequest(port, options, bytes instanceof Uint8Array ? bytes.length : undefined);
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    sending.once("response", resolve).once("error", reject);
  });
  if (bytes instanceof Uint8Array) sending.end(bytes);
  else bytes.pipe(sending);
  return await readAnswer(await answer);
}

/** Begins a PUT of `lengthBytes`, sends `content` and leaves the connection open. */
export async function httpBegin(
  port: number,
  options: PutOptions & { content: Uint8Array },
): Promise<ClientRequest> {
  const sending = putRequest(port, options, undefined);
  // The server may be killed meanwhile.
  sending.on("error", () => sending.destroy());
  await new Promise((resolve) => sending.write(options.content, resolve));
  return sending;
}

/** All files in their order as one session; the answer to the last. Refusals throw. */
export async function sendByHttp(
  port: number,
  files: readonly string[],
  session: string,
): Promise<HttpAnswer> {
  let last: HttpAnswer | undefined;
  for (const file of files) {
    const { size } = await stat(file);
    const name = encodeURIComponent(basename(file));
    last = await httpPut(port, { name, content: createReadStream(file), lengthBytes: size, session });
    if (last.status !== 201 && last.status !== 200)
      throw new Error(`PUT of ${file} was answered ${last.status} ${last.reason}`);
  }
  if (last === undefined) throw new Error("there is nothing to send");
  return last;
}

function putRequest(port: number, options: PutOptions, length: number | undefined): ClientRequest {
  const bytes = options.lengthBytes ?? length;
  return request({
    host: "127.0.0.1",
    port,
    method: "PUT",
    path: `/upload/${options.name}`,
    agent: false,
    headers: {
      ...(bytes === undefined ? {} : { "content-length": String(bytes) }),
      ...(options.session === undefined ? {} : { [SESSION_HEADER]: options.session }),
    },
  });
}

async function readAnswer(response: IncomingMessage): Promise<HttpAnswer> {
  let body = "";
  response.setEncoding("utf8").on("data", (text: string) => {
    body += text;
  });
  await once(response, "close");
  const { statusCode = 0, statusMessage = "", headers } = response;
  return { status: statusCode, reason: statusMessage, body, location: headers.location };
}
