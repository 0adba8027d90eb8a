import { once } from "node:events";
import { createReadStream } from "node:fs";
import { connect, type Socket } from "node:net";
import { basename } from "node:path";
import { createInterface } from "node:readline";

/** An answer of the server: `226 Received.` */
export interface FtpReply {
  readonly code: number;
  readonly text: string;
}

/** One control connection. Sends what it is told to, also what dput never would. */
export interface FtpClient {
  command(line: string): Promise<FtpReply>;
  /** Stores one file; `name` may be anything. */
  store(name: string, content: Uint8Array | string): Promise<FtpReply>;
  /** Stores files under their own names. */
  send(files: readonly string[]): Promise<void>;
  /** Begins a file and leaves the data connection open after `content`. */
  begin(name: string, content: Uint8Array): Promise<Socket>;
  quit(): Promise<void>;
  /** Drops all connections, as a dead machine does. */
  destroy(): void;
}

export async function ftpConnect(port: number): Promise<FtpClient> {
  const control = await open(port);
  const replies = createInterface({ input: control })[Symbol.asyncIterator]();
  const data: Socket[] = [];
  async function reply(): Promise<FtpReply> {
    for (;;) {
      const { value, done } = await replies.next();
      if (done === true) throw new Error("the FTP server closed the control connection");
      const last = /^(\d{3}) (.*)$/.exec(value);
      if (last !== null) return { code: Number(last[1]), text: value };
    }
  }
  async function command(line: string): Promise<FtpReply> {
    control.write(`${line}\r\n`);
    return await reply();
  }
  async function openData(name: string): Promise<Socket | FtpReply> {
    const passive = await command("EPSV");
    const dataPort = /\|\|\|(\d+)\|/.exec(passive.text)?.[1];
    if (dataPort === undefined) return passive;
    const socket = await open(Number(dataPort));
    data.push(socket);
    const begun = await command(`STOR ${name}`);
    if (begun.code === 150 || begun.code === 125) return socket;
    socket.destroy();
    return begun;
  }
  async function store(
    name: string,
    content: Uint8Array | string | NodeJS.ReadableStream,
  ): Promise<FtpReply> {
    const socket = await openData(name);
    if ("code" in socket) return socket;
    if (typeof content === "string" || content instanceof Uint8Array) socket.end(content);
    else content.pipe(socket);
    return await reply();
  }
  await reply();
  await expectCode(command("USER anonymous"), 331, 230);
  await expectCode(command("PASS tester@example.org"), 230, 202);
  await expectCode(command("TYPE I"), 200);
  return {
    command,
    store,
    async send(files) {
      for (const file of files) await expectCode(store(basename(file), createReadStream(file)), 226);
    },
    async begin(name, content) {
      const socket = await openData(name);
      if ("code" in socket) throw new Error(socket.text);
      await new Promise((resolve) => socket.write(content, resolve));
      return socket;
    },
    async quit() {
      await command("QUIT");
      control.end();
    },
    destroy() {
      for (const socket of [control, ...data]) socket.destroy();
    },
  };
}

/** A whole session: the files in their order, then QUIT. */
export async function sendByFtp(port: number, files: readonly string[]): Promise<void> {
  const client = await ftpConnect(port);
  try {
    await client.send(files);
    await client.quit();
  } finally {
    client.destroy();
  }
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port });
  await once(socket, "connect");
  // A server that is killed resets its connections; who waits for an answer notices by the end of the lines.
  socket.on("error", () => socket.destroy());
  return socket;
}

async function expectCode(answer: Promise<FtpReply>, ...codes: number[]): Promise<void> {
  const { code, text } = await answer;
  if (!codes.includes(code)) throw new Error(`the FTP server answered: ${text}`);
}
