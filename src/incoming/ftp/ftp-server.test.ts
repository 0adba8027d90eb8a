import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, stat } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { silentLog } from "#platform";
import { changesOf, type IncomingBench, openIncomingBench, sha256 } from "../testing.ts";
import { createFtpServer, type FtpOptions, type FtpServer } from "./ftp-server.ts";

const run = promisify(execFile);
let bench: IncomingBench;
let server: FtpServer;
let port: number;
const sockets: Socket[] = [];

async function serve(more: Partial<FtpOptions> = {}, incoming = bench.incoming): Promise<void> {
  server = createFtpServer({ incoming, log: silentLog, host: "127.0.0.1", port: 0, ...more });
  ({ port } = await server.start());
}

beforeEach(async () => {
  bench = await openIncomingBench();
  await serve();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.stop();
  await bench.close();
});

/** A raw client: one command, one answer (its last line). */
async function client() {
  const socket = connect(port, "127.0.0.1");
  sockets.push(socket);
  socket.on("error", () => socket.destroy());
  const answers = createInterface({ input: socket })[Symbol.asyncIterator]();
  const answer = async (): Promise<string> => {
    for (;;) {
      const { value, done } = await answers.next();
      if (done === true) return "closed";
      if (/^\d{3} /.test(value)) return value;
    }
  };
  const greeting = await answer();
  const say = async (line: string): Promise<string> => {
    socket.write(`${line}\r\n`);
    return await answer();
  };
  const signIn = async () => {
    await say("USER anonymous");
    await say("PASS x");
  };
  return { socket, greeting, answer, say, signIn };
}

async function passive(ftp: Awaited<ReturnType<typeof client>>): Promise<Socket> {
  const dataPort = Number(/\|\|\|(\d+)\|/.exec(await ftp.say("EPSV"))?.[1]);
  const socket = connect(dataPort, "127.0.0.1");
  sockets.push(socket);
  socket.on("error", () => socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** Size of what is being received. */
async function bytesOnDisk(): Promise<number> {
  const names = (await readdir(bench.storeDir)).filter((name) => name.endsWith(".new"));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(bench.storeDir, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

const files = () => bench.db.read.selectFrom("incoming_file").selectAll().orderBy("id").execute();
const uploads = () => bench.db.read.selectFrom("upload").selectAll().orderBy("id").execute();
const curl = (args: readonly string[], input = "") => {
  const child = run("curl", ["-sS", "--max-time", "20", "--noproxy", "*", ...args]);
  child.child.stdin?.end(input);
  return child;
};
const python = async (script: string) => {
  const { stdout } = await run("/usr/bin/python3", [
    "-c",
    `import ftplib, io\nf = ftplib.FTP()\nf.connect("127.0.0.1", ${port}, 20)\n${script}`,
  ]);
  return stdout;
};

describe("real clients", () => {
  test.each(["/", "/incoming/"])("curl -T to %s", async (dir) => {
    await curl(["-T", "-", `ftp://127.0.0.1:${port}${dir}hello_1.dsc`], "content");

    expect(await files()).toMatchObject([{ name: "hello_1.dsc", size: 7, sha256: sha256("content") }]);
  });

  test.each(["--disable-epsv", "--ftp-method=nocwd"])("curl %s", async (option) => {
    const args = option.split("=");
    await curl([...args, "-T", "-", `ftp://127.0.0.1:${port}/incoming/empty_1.dsc`]);

    expect(await files()).toMatchObject([{ name: "empty_1.dsc", size: 0 }]);
  });

  test("curl over TLS, control and data connection", async () => {
    await server.stop();
    await serve({ tls: await certificate() });

    const { stderr } = await curl(
      ["-v", "-k", "--ssl-reqd", "-T", "-", `ftp://127.0.0.1:${port}/hello_1.dsc`],
      "x".repeat(3_000_000),
    );

    expect(stderr).toContain("PROT P");
    expect(await files()).toMatchObject([{ size: 3_000_000, sha256: sha256("x".repeat(3_000_000)) }]);
  });

  test("ftplib: several files in one session, listings, sizes, what is refused", async () => {
    const out = await python(`
f.login()
f.cwd("/incoming")
f.storbinary("STOR a_1.dsc", io.BytesIO(b"a" * 100000))
f.storlines("STOR b_1.txt", io.BytesIO(b"one\\ntwo\\n"))
f.set_pasv(True)
print(f.nlst(), f.size("a_1.dsc"))
print([(n, x["size"]) for n, x in f.mlsd()])
f.dir(print)
print(f.storbinary("STOR a_1.dsc", io.BytesIO(b"other")))
for command in ["RETR a_1.dsc", "DELE a_1.dsc", "RNFR a_1.dsc", "APPE a_1.dsc", "REST 5", "PORT 127,0,0,1,4,4", "MKD x", "SITE x", "STOU x"]:
    try: print(f.sendcmd(command))
    except ftplib.error_perm as e: print(str(e)[:3])
for name in ["../x", "a/b", ".x", "x y", "/incoming/../x"]:
    try: f.storbinary("STOR " + name, io.BytesIO(b"x"))
    except ftplib.error_perm as e: print(str(e)[:3])
f.quit()
`);
    const lines = out.trim().split("\n");
    expect(lines[0]).toBe("['a_1.dsc', 'b_1.txt'] 100000");
    expect(lines[1]).toBe("[('a_1.dsc', '100000'), ('b_1.txt', '10')]");
    expect(lines[2]).toMatch(/^-r--r--r-- .* 100000 .* a_1\.dsc$/);
    expect(lines[4]).toMatch(/^226 /);
    expect(lines.slice(5)).toEqual([...Array<string>(9).fill("502"), ...Array<string>(5).fill("550")]);
    expect((await files()).map((file) => file.size)).toEqual([100000, 10, 5]);
  });

  test("an upload in one session is complete; an incomplete one is rejected at QUIT", async () => {
    const dsc = { name: "hello_1.dsc", content: "dsc" };
    const changes = changesOf([dsc]);
    const put = (file: { name: string; content: string }) =>
      `f.storbinary("STOR ${file.name}", io.BytesIO(bytes(${JSON.stringify(file.content)}, "ascii")))\n`;

    await python(`f.login()\n${put(changes)}f.quit()`);
    await python(`f.login()\n${put(dsc)}${put(changes)}f.quit()`);

    expect(await uploads()).toMatchObject([
      { state: "REJECTED", reason: "incomplete" },
      { state: "RECEIVED", reason: null },
    ]);
  });

  test("a refused file's sender reads why", async () => {
    await server.stop();
    await serve({}, await bench.restart({ limits: { fileBytes: 1_000_000 } }));

    const out = await python(`
f.login()
try: f.storbinary("STOR big_1.tar", io.BytesIO(b"x" * 9000000))
except ftplib.error_perm as e: print(e)
f.storbinary("STOR small_1.tar", io.BytesIO(b"x"))
`);

    expect(out).toMatch(/^552 big_1.tar is larger than the allowed 1000000 bytes/);
    expect(await files()).toMatchObject([{ name: "small_1.tar" }]);
  });
});

describe("clients that break off", () => {
  test("killed half-way: nothing counts; simply sent again works", async () => {
    const dsc = { name: "hello_1.dsc", content: "d".repeat(1000) };
    const changes = changesOf([dsc]);
    const script = `import ftplib, sys, time
f = ftplib.FTP(); f.connect("127.0.0.1", ${port}, 20); f.login()
c = f.transfercmd("STOR hello_1.dsc"); c.sendall(b"d" * 500); print("half", flush=True); time.sleep(60)`;
    const child = spawn("/usr/bin/python3", ["-c", script], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");

    const args = [changes, dsc].map(
      ({ name, content }) =>
        `f.storbinary("STOR ${name}", io.BytesIO(${JSON.stringify(content)}.encode()))\n`,
    );
    await python(`f.login()\n${args.join("")}f.quit()`);

    expect(await uploads()).toMatchObject([{ state: "RECEIVED" }]);
    expect((await files()).map((file) => file.size)).not.toContain(500);
  });

  test("the control connection ends during a transfer", async () => {
    const ftp = await client();
    await ftp.signIn();
    const data = await passive(ftp);
    await ftp.say("STOR hello_1.dsc");
    data.write("half");

    ftp.socket.destroy();

    await vi.waitFor(() => expect(data.closed).toBe(true));
    await server.stop();
    expect(await files()).toEqual([]);
  });

  test("the data connection is reset", async () => {
    const ftp = await client();
    await ftp.signIn();
    const data = await passive(ftp);
    await ftp.say("STOR hello_1.dsc");
    data.write("half");
    await vi.waitFor(async () => expect(await bytesOnDisk()).toBe(4));

    data.resetAndDestroy();

    expect(await ftp.answer()).toMatch(/^426 /);
    expect(await files()).toEqual([]);
    expect(await ftp.say("NOOP")).toMatch(/^200 /);
  });

  test("ABOR with Telnet signals: 426 for the transfer, 226 for itself, the session goes on", async () => {
    const ftp = await client();
    await ftp.signIn();
    const data = await passive(ftp);
    await ftp.say("STOR hello_1.dsc");
    data.write("half");

    ftp.socket.write(Buffer.from([0xff, 0xf4, 0xff, 0xf2]));

    expect(await ftp.say("ABOR")).toMatch(/^426 /);
    expect(await ftp.answer()).toMatch(/^226 /);
    const again = await passive(ftp);
    await ftp.say("STOR hello_1.dsc");
    again.end("whole");
    expect(await ftp.answer()).toMatch(/^226 /);
    expect(await files()).toMatchObject([{ sha256: sha256("whole") }]);
  });
});

describe("rude clients", () => {
  test("endless lines, and lines without end", async () => {
    const ftp = await client();

    ftp.socket.write("x".repeat(100_000));

    expect(await ftp.answer()).toMatch(/^500 /);
    expect(await ftp.answer()).toBe("closed");
  });

  test("a flood of commands whose answers nobody reads", async () => {
    const ftp = connect(port, "127.0.0.1");
    sockets.push(ftp);
    ftp.on("error", () => ftp.destroy());

    for (let n = 0; n < 2000; n += 1) ftp.write("NOOP\r\n".repeat(100));

    ftp.resume();
    await once(ftp, "close");
  });

  test.each(["", "   ", "\x00", "STOR", "LIST", "ÄÖÜ", "GET / HTTP/1.1", "USER", "SIZE x"])(
    "the line %j before signing in",
    async (line) => {
      const ftp = await client();

      expect(await ftp.say(line)).toMatch(/^(331|502|530) /);
      expect(await ftp.say("PASS x")).toMatch(/^(230|503) /);
    },
  );

  test("a silent one is sent away", async () => {
    await server.stop();
    await serve({}, await bench.restart({ limits: { idleSeconds: 0.1 } }));
    const ftp = await client();

    expect(await ftp.answer()).toMatch(/^421 /);
    expect(await ftp.answer()).toBe("closed");
  });

  test("a silent data connection does not hold the session", async () => {
    await server.stop();
    await serve({}, await bench.restart({ limits: { idleSeconds: 0.2 } }));
    const ftp = await client();
    await ftp.signIn();
    await passive(ftp);
    await ftp.say("STOR hello_1.dsc");

    expect(await ftp.answer()).toMatch(/^426 .*nothing came/);
  });

  test("too many sessions of one address: 421; one more when one has ended", async () => {
    const clients = await Promise.all(Array.from({ length: 8 }, client));

    const refused = await client();

    expect(refused.greeting).toMatch(/^421 Too many upload sessions/);
    await clients[0]?.say("QUIT");
    await vi.waitFor(async () => expect((await client()).greeting).toMatch(/^220 /));
  });

  test("the engine is stopped", async () => {
    const ftp = await client();
    await ftp.signIn();
    await passive(ftp);
    bench.engine.running = false;

    expect((await client()).greeting).toMatch(/^421 The engine is stopped/);
    expect(await ftp.say("STOR x")).toMatch(/^421 The engine is stopped/);
    expect(await ftp.answer()).toBe("closed");
  });

  test("text sent in front of the TLS handshake is not run inside it", async () => {
    await server.stop();
    await serve({ tls: await certificate() });
    const ftp = await client();

    ftp.socket.write("AUTH TLS\r\nUSER evil\r\nPASS x\r\n");

    expect(await ftp.answer()).toMatch(/^234 /);
    ftp.socket.write("no handshake at all");
    await once(ftp.socket, "close");
  });
});

describe("data connections", () => {
  test("STOR without one", async () => {
    const ftp = await client();
    await ftp.signIn();

    expect(await ftp.say("STOR x")).toMatch(/^425 /);
  });

  test("only from the address of the control connection", async () => {
    const ftp = await client();
    await ftp.signIn();
    const dataPort = Number(/\|\|\|(\d+)\|/.exec(await ftp.say("EPSV"))?.[1]);
    const stranger = connect({ port: dataPort, host: "127.0.0.1", localAddress: "127.0.0.2" });
    stranger.on("error", () => stranger.destroy());
    sockets.push(stranger);
    await once(stranger, "close");

    const own = connect(dataPort, "127.0.0.1");
    sockets.push(own);
    await ftp.say("STOR hello_1.dsc");
    own.end("mine");

    expect(await ftp.answer()).toMatch(/^226 /);
    expect(await files()).toMatchObject([{ sha256: sha256("mine") }]);
  });

  test("ports from the range, the advertised address", async () => {
    await server.stop();
    const probe = await freePort();
    const range = { min: probe, max: probe };
    await serve({ passivePorts: range, advertisedAddress: "198.51.100.7" });
    const [one, two] = [await client(), await client()];
    await one.signIn();
    await two.signIn();

    expect(await one.say("PASV")).toBe(
      `227 Entering Passive Mode (198,51,100,7,${probe >> 8},${probe & 255}).`,
    );
    expect(await two.say("PASV")).toMatch(/^451 /);
    expect(await one.say("QUIT")).toMatch(/^221 /);
    expect(await two.say("EPSV")).toContain(`|||${probe}|`);
    expect(await two.say("EPSV 2")).toMatch(/^522 /);
    expect(await two.say("EPSV ALL")).toMatch(/^200 /);
    expect(await two.say("PASV")).toMatch(/^503 /);
  });
});

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const probe = createFtpServer({ incoming: bench.incoming, log: silentLog, host: "127.0.0.1", port: 0 });
  const { port: free } = await probe.start();
  await probe.stop();
  return free;
}

async function certificate(): Promise<{ cert: string; key: string }> {
  const { stdout } = await run("openssl", [
    ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2".split(" "),
    ..."-subj /CN=localhost -keyout - -out -".split(" "),
  ]);
  const key = /-----BEGIN PRIVATE KEY-----[\s\S]*?-----END PRIVATE KEY-----/.exec(stdout)?.[0] ?? "";
  const cert = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/.exec(stdout)?.[0] ?? "";
  return { cert, key };
}
