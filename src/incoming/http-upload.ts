import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { isFileName } from "#deb";
import { type Log, MbdError, plainAddress } from "#platform";
import type { Incoming } from "./incoming-service.ts";
import type { NewSession } from "./incoming-session.ts";

/** Request header whose value, any random text, makes the files of several requests one session. */
export const SESSION_HEADER = "x-mini-buildd-session";

const RETRY_SECONDS = 60;

export interface HttpUpload {
  readonly method: "PUT" | "HEAD";
  /** What stands behind `/upload/`, decoded once. */
  readonly file: string;
  /** The unread body. */
  readonly body: Readable;
  /** `Content-Length`, if the client told it. */
  readonly lengthBytes?: number | undefined;
  /** Value of `SESSION_HEADER`. */
  readonly sessionToken?: string | undefined;
  /** Name of the signed-in user or API token. */
  readonly user?: string | undefined;
  /** Remote address of the connection. */
  readonly address: string;
}

export interface HttpUploadAnswer {
  readonly status: number;
  /** One sentence, printable ASCII: for the reason phrase, which is all that classic dput shows, and the body. */
  readonly reason: string;
  /** Lower-case names: `location`, `retry-after`, `content-length` (HEAD). */
  readonly headers: Readonly<Record<string, string>>;
  /** The upload that this file completed. */
  readonly upload?: number;
}

/**
 * PUT and HEAD /upload/<file> (pipeline.md 2.1): 201 new, 200 the same content again, 400, 404 (HEAD), 413, 429, 503,
 * 507. Never throws for anything a client can do. Refused bodies stay unread: the route answers and lets the
 * connection go.
 */
export async function receiveHttp(
  incoming: Incoming,
  log: Log,
  upload: HttpUpload,
): Promise<HttpUploadAnswer> {
  try {
    return upload.method === "HEAD" ? await head(incoming, upload) : await put(incoming, upload);
  } catch (error) {
    if (error instanceof MbdError) return refuse(error);
    log.error({ err: error, file: upload.file }, "an upload by HTTP failed");
    return answer(500, "The file could not be stored; the log of the daemon has the reason.");
  }
}

/** Which session a request belongs to: that of its token, else of its user, else of its address. */
export function httpSession(upload: Pick<HttpUpload, "sessionToken" | "user" | "address">): NewSession {
  const client = plainAddress(upload.address);
  if (upload.sessionToken !== undefined && upload.sessionToken !== "") {
    // Only its hash is stored: who reads the table cannot add files to somebody's session.
    const hash = createHash("sha256").update(upload.sessionToken).digest("hex");
    return { origin: "cli", key: `token:${hash}`, client };
  }
  const key = upload.user === undefined ? `address:${client}` : `user:${upload.user}`;
  return { origin: "http", key, client };
}

async function put(incoming: Incoming, upload: HttpUpload): Promise<HttpUploadAnswer> {
  const session = await incoming.openSession(httpSession(upload));
  const { lengthBytes } = upload;
  const received = await incoming.receive(session, upload.file, upload.body, { lengthBytes });
  if (received.rejected !== undefined) return refuse(received.rejected, received.upload);
  const text = received.created ? "Received" : "Received before with the same content";
  const status = received.created ? 201 : 200;
  if (received.upload === undefined) return answer(status, `${text}.`);
  return answer(status, `${text}; the upload is complete (number ${received.upload}).`, received.upload);
}

async function head(incoming: Incoming, upload: HttpUpload): Promise<HttpUploadAnswer> {
  if (!isFileName(upload.file)) throw new MbdError("bad_file_name", { name: printable(upload.file) });
  const session = incoming.findSession(httpSession(upload));
  const files = session === undefined ? [] : await incoming.files(session);
  const file = files.findLast(({ name }) => name === upload.file);
  if (file === undefined) return answer(404, `This session has no file ${upload.file}.`);
  return { status: 200, reason: "OK", headers: { "content-length": String(file.size) } };
}

function refuse(error: MbdError, upload?: number): HttpUploadAnswer {
  const hint = error.hint === undefined ? "" : ` ${error.hint}`;
  const refused = answer(error.status, `${error.message}${hint}`, upload);
  const later = error.status === 503 || error.status === 429;
  return later
    ? { ...refused, headers: { ...refused.headers, "retry-after": String(RETRY_SECONDS) } }
    : refused;
}

function answer(status: number, reason: string, upload?: number): HttpUploadAnswer {
  const known = upload === undefined ? {} : { upload };
  const headers: Record<string, string> = upload === undefined ? {} : { location: `/uploads/${upload}` };
  return { status, reason: printable(reason), headers, ...known };
}

/** A reason phrase (RFC 9112, 4) and an FTP reply carry printable ASCII only. */
export function printable(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/[^ -~]/g, "?")
    .slice(0, 500);
}
