import type { Socket } from "node:net";
import { isFileName, quote } from "#deb";
import { type ErrorCode, MbdError } from "#platform";
import { printable } from "../http-upload.ts";
import type { FtpContext } from "./ftp-context.ts";
import { secureData } from "./ftp-data.ts";
import { type ListKind, listing } from "./ftp-listing.ts";
import { changeDirectory, fileName } from "./ftp-paths.ts";

/** What is still read of a refused file, so that its sender can read the answer. */
const DRAIN_BYTES = 64 * 1024 * 1024;
const DRAIN_MS = 30_000;

const CODES: Partial<Record<ErrorCode, number>> = {
  bad_file_name: 550,
  too_large: 552,
  session_full: 552,
  too_many_files: 552,
  too_many: 552,
  incoming_full: 452,
  incoming_too_many: 452,
  disk_full: 452,
  engine_stopped: 421,
  too_many_sessions: 421,
  transfer_broken: 426,
};

/** Answer code of an error; everything unexpected is a local error. */
export function replyCode(error: MbdError): number {
  return CODES[error.code] ?? 451;
}

export function replyError(context: FtpContext, error: unknown): void {
  if (!(error instanceof MbdError)) {
    context.log.error({ err: error }, "an FTP command failed");
    context.reply(451, "Something went wrong here; the log of the daemon has the reason.");
    return;
  }
  const hint = error.hint === undefined ? "" : ` ${error.hint}`;
  context.reply(replyCode(error), printable(`${error.message}${hint}`));
  if (replyCode(error) === 421) context.close();
}

/** STOR: takes one file. Refused before the data connection is used where that is possible. */
export async function store(context: FtpContext, argument: string): Promise<void> {
  const { incoming, session } = context;
  const name = fileName(argument);
  const lengthBytes = context.announcedBytes;
  context.announcedBytes = undefined;
  try {
    if (!isFileName(name)) throw new MbdError("bad_file_name", { name: quote(argument).slice(1, -1) });
    await incoming.checkFile(session, name, lengthBytes);
  } catch (error) {
    closePassive(context);
    await incoming.noteRefusal(session, name, error);
    replyError(context, error);
    return;
  }
  await transfer(context, `Send ${name}.`, async (socket, isAborted) => {
    const isWanted = (): boolean => context.isOpen() && !isAborted();
    try {
      const received = await incoming.receive(session, name, socket, { isWanted });
      const complete = received.upload === undefined ? "" : `; the upload is complete (${received.upload})`;
      return `Received ${name}, ${received.sizeBytes} bytes${complete}.`;
    } catch (error) {
      if (error instanceof MbdError && replyCode(error) === 552) await drain(socket);
      throw error;
    }
  });
}

/** LIST, NLST, MLSD: files of this session only. */
export async function list(context: FtpContext, kind: ListKind, argument: string): Promise<void> {
  const path = argument.replace(/^-\S*\s*/, "");
  const isDirectory = path === "" || changeDirectory(context.directory, path) !== undefined;
  if (kind === "MLSD" && !isDirectory) {
    closePassive(context);
    context.reply(501, "MLSD lists directories; there are / and /incoming.");
    return;
  }
  const files = (await context.incoming.files(context.session))
    .filter((file) => isDirectory || file.name === fileName(path))
    .map(({ name, size, received_at: receivedAt }) => ({ name, size, receivedAt }));
  const text = listing(kind, files);
  await transfer(context, "The listing follows.", async (socket) => {
    await sendAll(socket, text);
    return "That is all.";
  });
}

export function closePassive(context: FtpContext): void {
  context.passive?.close();
  context.passive = undefined;
}

async function transfer(
  context: FtpContext,
  opening: string,
  work: (socket: Socket, isAborted: () => boolean) => Promise<string>,
): Promise<void> {
  const { passive, settings } = context;
  if (passive === undefined) {
    context.reply(425, "Use PASV or EPSV first.");
    return;
  }
  context.passive = undefined;
  let aborted = false;
  let socket: Socket | undefined;
  context.abortTransfer = () => {
    aborted = true;
    passive.close();
    socket?.destroy();
  };
  context.reply(150, opening);
  try {
    socket = await passive.connection(settings.dataConnectMs).catch(() => undefined);
    if (socket === undefined) {
      context.reply(aborted ? 426 : 425, aborted ? "Aborted." : "The data connection did not come.");
      return;
    }
    const tls = context.protectData ? settings.secureContext : undefined;
    if (tls !== undefined) socket = secureData(socket, tls);
    context.reply(226, await work(socket, () => aborted));
  } catch (error) {
    if (aborted) context.reply(426, "Aborted; nothing of this file is kept.");
    else replyError(context, error);
  } finally {
    context.abortTransfer = undefined;
    passive.close();
    socket?.destroy();
  }
}

async function drain(socket: Socket): Promise<void> {
  if (socket.destroyed) return;
  const timer = setTimeout(() => socket.destroy(), DRAIN_MS);
  let bytes = 0;
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > DRAIN_BYTES) return;
    }
  } catch {
    // The sender broke off, as it may: the file is refused anyway.
    socket.destroy();
  } finally {
    clearTimeout(timer);
  }
}

function sendAll(socket: Socket, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const broken = (): void =>
      reject(new MbdError("transfer_broken", { name: "The listing", reason: "the connection ended" }));
    socket.setTimeout(DRAIN_MS, () => socket.destroy());
    socket.once("close", broken);
    socket.end(text, () => {
      socket.off("close", broken);
      resolve();
    });
  });
}
