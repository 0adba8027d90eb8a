import type { Socket } from "node:net";
import { type SecureContext, TLSSocket } from "node:tls";
import { type Log, MbdError, plainAddress } from "#platform";
import { printable } from "../http-upload.ts";
import type { Incoming } from "../incoming-service.ts";
import type { Session } from "../incoming-session.ts";
import { runCommand } from "./ftp-commands.ts";
import type { FtpContext, FtpSettings } from "./ftp-context.ts";
import { createLineReader, LineTooLong, parseCommand } from "./ftp-lines.ts";
import { closePassive, replyCode, replyError } from "./ftp-transfer.ts";

/** Unread answers and unread commands that a client may pile up. */
const MAX_UNSENT_BYTES = 64 * 1024;
const MAX_QUEUED_LINES = 100;

export interface FtpSession {
  /** Says goodbye (421) and ends what runs. */
  close(reason: string): void;
  /** Fulfilled when the connection and its session have ended. */
  readonly ended: Promise<void>;
}

export interface FtpSessionDeps {
  readonly incoming: Incoming;
  readonly settings: FtpSettings;
  readonly log: Log;
  /** Unique among all connections. */
  readonly key: string;
}

/** Serves one control connection until it ends; then the session ends, however it came to that. */
export function serveControl(deps: FtpSessionDeps, plain: Socket): FtpSession {
  const connection = createConnection(plain);
  const ended = run(deps, connection).catch((error: unknown) => {
    deps.log.error({ err: error }, "an FTP session failed");
    connection.destroy();
  });
  return {
    close(reason) {
      connection.reply(421, reason);
      connection.close();
      connection.context?.abortTransfer?.();
    },
    ended,
  };
}

async function run(deps: FtpSessionDeps, connection: Connection): Promise<void> {
  const { incoming, log } = deps;
  const client = connection.peerAddress;
  let session: Session;
  try {
    session = await incoming.openSession({ origin: "ftp", key: deps.key, client });
  } catch (error) {
    if (!(error instanceof MbdError)) throw error;
    connection.reply(replyCode(error), printable(error.message));
    connection.close();
    return;
  }
  const context = createContext(deps, connection, session);
  connection.context = context;
  const total = setTimeout(
    () => connection.giveUp("This took too long."),
    incoming.limits.totalSeconds * 1000,
  );
  connection.setIdleTimeout(incoming.limits.idleSeconds * 1000);
  try {
    connection.reply(220, "mini-buildd takes uploads.");
    for (;;) {
      const line = await connection.nextLine();
      if (line === undefined) break;
      const command = parseCommand(line);
      if (command.verb === "QUIT") break;
      await runCommand(context, command).catch((error: unknown) => replyError(context, error));
    }
  } finally {
    clearTimeout(total);
    closePassive(context);
    try {
      await incoming.endSession(session);
      if (connection.isOpen()) connection.reply(221, "Goodbye.");
    } finally {
      connection.close();
    }
    log.debug({ client, session: session.id }, "FTP session ended");
  }
}

function createContext(deps: FtpSessionDeps, connection: Connection, session: Session): FtpContext {
  const { incoming, settings, log } = deps;
  const { peerAddress, localAddress } = connection;
  const context: FtpContext = {
    incoming,
    session,
    settings,
    log,
    peerAddress,
    localAddress,
    user: undefined,
    loggedIn: false,
    directory: "/",
    extendedOnly: false,
    secure: false,
    protectData: false,
    announcedBytes: undefined,
    passive: undefined,
    abortTransfer: undefined,
    isOpen: connection.isOpen,
    reply: connection.reply,
    close: connection.close,
    startTls(secureContext) {
      connection.startTls(secureContext);
      context.secure = true;
      context.loggedIn = false;
      context.user = undefined;
    },
  };
  return context;
}

/** The control connection: lines in, answers out, time-outs, the change to TLS. */
interface Connection {
  readonly peerAddress: string;
  readonly localAddress: string;
  /** Told of ABOR and of the end while a command runs. */
  context: FtpContext | undefined;
  /** The next command line; undefined when the connection has ended. */
  nextLine(): Promise<string | undefined>;
  readonly reply: FtpContext["reply"];
  readonly isOpen: () => boolean;
  readonly close: () => void;
  destroy(): void;
  giveUp(reason: string): void;
  setIdleTimeout(ms: number): void;
  startTls(context: SecureContext): void;
}

function createConnection(plain: Socket): Connection {
  let socket = plain;
  let reader = createLineReader();
  let open = true;
  let idleMs = 0;
  const lines: string[] = [];
  let waiting: ((line: string | undefined) => void) | undefined;

  const end = (): void => {
    open = false;
    connection.context?.abortTransfer?.();
    waiting?.(undefined);
    waiting = undefined;
  };
  const giveUp = (reason: string): void => {
    connection.reply(421, reason);
    connection.close();
    end();
  };
  const take = (line: string): void => {
    if (parseCommand(line).verb === "ABOR") connection.context?.abortTransfer?.();
    if (waiting === undefined) lines.push(line);
    else {
      waiting(line);
      waiting = undefined;
    }
  };
  const onData = (chunk: Buffer): void => {
    try {
      for (const line of reader.push(chunk)) take(line);
      if (lines.length > MAX_QUEUED_LINES) giveUp("Too many commands at once.");
    } catch (error) {
      if (!(error instanceof LineTooLong)) throw error;
      connection.reply(500, "The line is too long.");
      connection.close();
      end();
    }
  };
  const attach = (next: Socket): void => {
    socket = next;
    socket.setNoDelay(true);
    socket.on("data", onData);
    socket.once("end", end);
    socket.once("close", end);
    socket.on("error", () => socket.destroy());
    socket.on("timeout", () => {
      // While a file comes in, its own watch decides.
      if (connection.context?.abortTransfer === undefined) giveUp("Nothing came for too long.");
      else socket.setTimeout(idleMs);
    });
    socket.setTimeout(idleMs);
  };

  const connection: Connection = {
    peerAddress: plainAddress(plain.remoteAddress),
    localAddress: plainAddress(plain.localAddress),
    context: undefined,
    nextLine() {
      const line = lines.shift();
      if (line !== undefined) return Promise.resolve(open ? line : undefined);
      if (!open) return Promise.resolve(undefined);
      return new Promise((resolve) => {
        waiting = resolve;
      });
    },
    reply(code, text, middle = [], last = "") {
      if (!socket.writable) return;
      const more = [...middle.map((line) => ` ${line}\r\n`), `${code} ${last}\r\n`].join("");
      socket.write(last === "" ? `${code} ${text}\r\n` : `${code}-${text}\r\n${more}`);
      if (socket.writableLength > MAX_UNSENT_BYTES) socket.destroy();
    },
    isOpen: () => open,
    close() {
      if (socket.destroyed || socket.writableEnded) return;
      socket.end();
      // A client that never closes its side would keep the connection half open.
      const timer = setTimeout(() => socket.destroy(), 5000);
      socket.once("close", () => clearTimeout(timer));
      socket.resume();
    },
    destroy: () => socket.destroy(),
    giveUp,
    setIdleTimeout(ms) {
      idleMs = ms;
      socket.setTimeout(ms);
    },
    startTls(secureContext) {
      plain.removeAllListeners("data");
      plain.removeAllListeners("timeout");
      plain.setTimeout(0);
      plain.pause();
      // What a third party put in front of the handshake must not count as said inside it.
      lines.length = 0;
      reader = createLineReader();
      connection.reply(234, "Begin TLS now.");
      attach(new TLSSocket(plain, { isServer: true, secureContext }));
    },
  };
  attach(plain);
  return connection;
}
