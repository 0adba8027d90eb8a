import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname } from "node:path";
import type { ServiceUser } from "./service-user.ts";
import { CLEAN_ENV, waitFor } from "./tools.ts";

export interface DaemonOptions {
  /** The launcher of the program. */
  readonly program: string;
  readonly home: string;
  readonly identity: string;
  readonly user: ServiceUser;
  readonly logFile: string;
  readonly httpPort: number;
  readonly ftpPort: number;
  /** Further options of `serve`. */
  readonly options?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** One daemon of a home, which may be started and ended many times. */
export interface Daemon {
  /** Of the last start. */
  readonly pid: number;
  /** Returns when it answers. */
  start(): Promise<void>;
  /** SIGTERM; returns when it has ended. */
  stop(): Promise<void>;
  /** SIGKILL; returns when it is gone. */
  kill9(): Promise<void>;
  /** What it printed, in all starts. */
  log(): string;
}

const START_MS = 60_000;
const STOP_MS = 60_000;

/** What starts programs: the directory of the running Node.js is in it. */
export const PROGRAM_ENV = { ...CLEAN_ENV, PATH: `${dirname(process.execPath)}:${CLEAN_ENV.PATH}` };

export function createDaemon(options: DaemonOptions): Daemon {
  let child: ChildProcess | undefined;
  const log = () => readFileSync(options.logFile, "utf8");
  const running = () => child !== undefined && child.exitCode === null && child.signalCode === null;

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child === undefined || !running()) return;
    const ended = once(child, "exit");
    child.kill(signal);
    const late = setTimeout(() => child?.kill("SIGKILL"), STOP_MS);
    await ended;
    clearTimeout(late);
    if (signal === "SIGTERM" && child.signalCode === "SIGKILL")
      throw new Error(`the daemon did not stop within ${STOP_MS / 1000} s\n${tail(log())}`);
  }

  return {
    get pid() {
      return child?.pid ?? 0;
    },
    log,
    async start() {
      if (running()) throw new Error("the daemon runs already");
      child = launch(options);
      const url = `http://127.0.0.1:${options.httpPort}/api/status`;
      await waitFor(
        async () => {
          if (!running()) throw new Error(`the daemon ended at its start\n${tail(log())}`);
          const answer = await fetch(url, { headers: { accept: "application/json" } }).catch(() => undefined);
          return answer?.ok === true ? true : undefined;
        },
        { timeoutMs: START_MS, what: "the daemon answers" },
      );
    },
    stop: () => end("SIGTERM"),
    kill9: () => end("SIGKILL"),
  };
}

/** In a session of its own, as a service manager starts it, so that a Ctrl-C of the tests does not reach it. */
function launch(options: DaemonOptions): ChildProcess {
  const output = openSync(options.logFile, "a");
  const { home, identity, httpPort, ftpPort, user } = options;
  const ports = ["--http-port", String(httpPort), "--ftp-port", String(ftpPort)];
  const place = ["--home", home, "--listen", "127.0.0.1", "--hostname", "localhost", "--identity", identity];
  const child = spawn(options.program, ["serve", ...place, ...ports, ...(options.options ?? [])], {
    cwd: "/",
    uid: user.uid,
    gid: user.gid,
    detached: true,
    stdio: ["ignore", output, output],
    env: { ...PROGRAM_ENV, HOME: home, ...options.env },
  });
  closeSync(output);
  return child;
}

export function tail(text: string, lines = 40): string {
  return text.split("\n").slice(-lines).join("\n");
}

/** Below those that the kernel gives to outgoing connections, one of which could take it until it is used. */
const PORTS = { first: 20_000, last: 32_000 } as const;

/** A port of the loopback that nobody uses right now. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = randomInt(PORTS.first, PORTS.last);
    const server = createServer().listen(port, "127.0.0.1");
    const isFree = await once(server, "listening").then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, "close");
    return port;
  }
  throw new Error("no free port");
}
