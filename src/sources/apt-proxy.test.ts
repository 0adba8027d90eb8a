import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { silentLog } from "#platform";
import { type AptProxy, type AptProxyOptions, createAptProxy } from "./apt-proxy.ts";

const MODIFIED = "Mon, 01 Jan 2024 00:00:00 GMT";

let cacheDir: string;
let upstream: Server;
let base: string;
let respond: (request: IncomingMessage, response: ServerResponse) => void;
let asked: string[];
let proxy: AptProxy;
let port: number;

beforeEach(async () => {
  cacheDir = mkdtempSync(join(tmpdir(), "mbd-proxy-"));
  asked = [];
  respond = (_, response) => response.writeHead(404).end();
  upstream = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url} ${incoming.headers["if-modified-since"] ?? "-"}`);
    respond(incoming, response);
  });
  base = await listen(upstream);
  await start();
});
afterEach(async () => {
  await proxy.stop();
  upstream.closeAllConnections();
  upstream.close();
  rmSync(cacheDir, { recursive: true });
});

async function start(more: Partial<AptProxyOptions> = {}): Promise<void> {
  proxy = createAptProxy({
    cacheDir,
    allowed: async () => [`${base}/debian/`],
    log: silentLog,
    upstreamProxy: "",
    timeoutMs: 5000,
    ...more,
  });
  ({ port } = await proxy.start(0));
}

async function restart(more: Partial<AptProxyOptions> = {}): Promise<void> {
  await proxy.stop();
  await start(more);
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A request as apt sends it to a proxy. */
async function get(url: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
  const asking = request({ host: "127.0.0.1", port, path: url, method, headers, agent: false });
  asking.end();
  const [response] = (await once(asking, "response")) as [IncomingMessage];
  let body = "";
  for await (const chunk of response.setEncoding("latin1")) body += chunk;
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}

/** Asks for a file of which only the first half comes until `finish`. */
async function askForHalf(path: string): Promise<{ first: IncomingMessage; finish: () => void }> {
  let finish = (): void => undefined;
  respond = (_, response) => {
    response.writeHead(200, { "content-length": 8 }).write("half");
    finish = () => response.end("half");
  };
  const asking = request({ host: "127.0.0.1", port, path, agent: false });
  asking.end();
  const [first] = (await once(asking, "response")) as [IncomingMessage];
  return { first, finish: () => finish() };
}

/** The same, and all of it is in the cache when this returns. */
async function getStored(
  url: string,
  headers: Record<string, string> = {},
  more: Partial<AptProxyOptions> = {},
): Promise<Answer> {
  const answer = await get(url, headers);
  await restart(more);
  return answer;
}

/** Answers with `content`, or 304. */
const serving =
  (content: string, modified = MODIFIED) =>
  (incoming: IncomingMessage, response: ServerResponse) => {
    if (incoming.headers["if-modified-since"] === modified) response.writeHead(304).end();
    else
      response.writeHead(200, { "last-modified": modified, "content-length": content.length }).end(content);
  };
const deb = () => `${base}/debian/pool/main/h/hello_1_all.deb`;
const release = () => `${base}/debian/dists/sid/InRelease`;

describe("pool files", () => {
  test("are fetched once, also by a later process", async () => {
    respond = serving("deb");

    const answers = [await get(deb()), await get(deb())];
    await restart();
    answers.push(await get(deb()));

    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 200, body: "deb", headers: { "content-length": "3" } });
    }
    expect(asked).toHaveLength(1);
  });

  test("are streamed while they come, and shared by all who ask meanwhile", async () => {
    const { first, finish } = await askForHalf(deb());
    const [half] = (await once(first, "data")) as [Buffer];
    const others = [get(deb()), get(deb(), { range: "bytes=2-5" }), get(deb(), {}, "HEAD")];

    finish();

    expect(half.toString()).toBe("half");
    expect(await Promise.all(others)).toMatchObject([
      { status: 200, body: "halfhalf" },
      { status: 206, body: "lfha", headers: { "content-range": "bytes 2-5/8" } },
      { status: 200, body: "", headers: { "content-length": "8" } },
    ]);
    expect(asked).toHaveLength(1);
  });

  test("a client that leaves stops nothing", async () => {
    const { first, finish } = await askForHalf(deb());
    first.destroy();

    finish();

    expect(await get(deb())).toMatchObject({ status: 200, body: "halfhalf" });
    expect(asked).toHaveLength(1);
  });

  test("cut off: the client sees it, nothing is kept, the next try works", async () => {
    respond = (_, response) => {
      response.writeHead(200, { "content-length": 8 }).write("half", () => response.destroy());
    };
    await expect(get(deb())).rejects.toThrow();
    respond = serving("complete");

    await vi.waitFor(async () => expect(await get(deb())).toMatchObject({ body: "complete" }));
    await restart();
    expect(new Set((await readdir(cacheDir)).map((name) => name.split(".").at(-1)))).toEqual(
      new Set(["data", "json"]),
    );
  });

  test("ranges and conditions are answered from the cache", async () => {
    respond = serving("0123456789");
    await get(deb());

    expect(await get(deb(), { range: "bytes=4-", "if-range": MODIFIED })).toMatchObject({
      status: 206,
      body: "456789",
      headers: { "content-range": "bytes 4-9/10", "content-length": "6" },
    });
    expect(await get(deb(), { range: "bytes=10-" })).toMatchObject({
      status: 416,
      headers: { "content-range": "bytes */10" },
    });
    expect(await get(deb(), { "if-modified-since": MODIFIED })).toMatchObject({ status: 304, body: "" });
    expect(asked).toHaveLength(1);
  });

  test("without a length", async () => {
    respond = (_, response) => response.writeHead(200).end("chunked");

    expect([await get(deb()), await get(deb())]).toMatchObject([{ body: "chunked" }, { body: "chunked" }]);
    expect(asked).toHaveLength(1);
  });
});

describe("indices", () => {
  test("are asked for again every time, conditionally", async () => {
    respond = serving("one");
    const answers = [await getStored(release()), await getStored(release())];
    answers.push(await getStored(release(), { "if-modified-since": MODIFIED }));
    respond = serving("other", "Tue, 02 Jan 2024 00:00:00 GMT");
    answers.push(await getStored(release(), { "if-modified-since": MODIFIED }), await getStored(release()));

    expect(answers.map(({ status, body }) => `${status} ${body}`)).toEqual([
      "200 one",
      "200 one",
      "304 ",
      "200 other",
      "200 other",
    ]);
    expect(asked.map((line) => line.split(" ").slice(2).join(" "))).toEqual([
      "-",
      MODIFIED,
      MODIFIED,
      MODIFIED,
      "Tue, 02 Jan 2024 00:00:00 GMT",
    ]);
  });
});

describe("wrong content", () => {
  const PORTAL = "<html>log in</html>";
  const DIGESTS = [
    ["MD5Sum", "md5"],
    ["SHA1", "sha1"],
    ["SHA256", "sha256"],
    ["SHA512", "sha512"],
  ] as const;
  const byHash = (kind: string, digest: string) => `${base}/debian/dists/sid/main/by-hash/${kind}/${digest}`;

  test.each(DIGESTS)("of a name made of it (%s) is not kept, right content is", async (kind, algorithm) => {
    const url = byHash(kind, createHash(algorithm).update("an index").digest("hex"));
    respond = serving(PORTAL);
    await get(url).catch(() => undefined);
    respond = serving("an index");

    await vi.waitFor(async () => expect(await get(url)).toMatchObject({ body: "an index" }));
    await restart();
    const times = asked.length;

    expect(await get(url)).toMatchObject({ status: 200, body: "an index" });
    expect(asked).toHaveLength(times);
  });

  test("that apt complained of is asked for again; other files stay, and strange addresses are nothing", async () => {
    const other = `${base}/debian/pool/main/o/other.deb`;
    respond = serving(PORTAL);
    await getStored(deb());
    await getStored(other);
    await proxy.forget(deb());
    for (const strange of ["", "http://127.0.0.1:1/debian/pool/x", `${base}/debian`])
      await proxy.forget(strange);
    respond = serving("a package");
    asked = [];

    expect(await get(deb())).toMatchObject({ status: 200, body: "a package" });
    expect(await get(other)).toMatchObject({ status: 200, body: PORTAL });
    expect(asked).toHaveLength(1);
  });
});

describe("what is not passed on", () => {
  test.each(["/debian/x", "http://example.org/debian/x", "http://127.0.0.1:1/x"])("%s: 403", async (url) => {
    expect(await get(url)).toMatchObject({ status: 403, body: expect.stringMatching(/\.\n$/) });
    expect(asked).toEqual([]);
  });

  test("other methods, tunnels", async () => {
    expect(await get(deb(), {}, "POST")).toMatchObject({ status: 403 });
    const socket = connect(port, "127.0.0.1");
    socket.write("CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n");
    let text = "";
    for await (const chunk of socket) text += String(chunk);

    expect(text).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n[\s\S]*Tunnels are not opened here/);
  });

  test("redirects out of the archives; inside they are followed", async () => {
    respond = (incoming, response) => {
      const target = incoming.url?.endsWith("in") === true ? "/debian/dists/there" : "http://localhost:1/x";
      if (incoming.url === "/debian/dists/there") response.end("there");
      else response.writeHead(302, { location: target }).end();
    };

    expect(await get(`${base}/debian/dists/in`)).toMatchObject({ status: 200, body: "there" });
    expect(await get(`${base}/debian/dists/out`)).toMatchObject({ status: 502 });
  });
});

describe("errors of the archive", () => {
  test("4xx as they are, others 502, and none is kept", async () => {
    const status = async (code: number) => {
      respond = (_, response) => response.writeHead(code).end("x");
      return (await get(deb())).status;
    };

    expect([await status(404), await status(403), await status(500), await status(204)]).toEqual([
      404, 403, 502, 502,
    ]);
    respond = serving("deb");
    expect(await get(deb())).toMatchObject({ status: 200 });
  });

  test("an archive that switches to another protocol: 502", async () => {
    respond = (_, response) =>
      void response.socket?.end(
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
      );

    expect(await get(deb())).toMatchObject({ status: 502 });
  });

  test("nobody there: 502; silence: 504", async () => {
    await restart({ timeoutMs: 100, allowed: async () => ["http://127.0.0.1:1/", `${base}/debian/`] });
    respond = () => undefined;

    expect(await get("http://127.0.0.1:1/x")).toMatchObject({ status: 502 });
    expect(await get(deb())).toMatchObject({ status: 504, body: expect.stringContaining("did not answer") });
  });
});

test("own repositories are passed through and not kept", async () => {
  await restart({ allowed: async () => [], own: () => `${base}/repositories/` });
  respond = serving("own");

  const answers = [await get(`${base}/repositories/test/x`), await get(`${base}/repositories/test/x`)];
  const unchanged = await get(`${base}/repositories/test/x`, { "if-modified-since": MODIFIED });

  expect(answers).toMatchObject([{ body: "own" }, { body: "own" }]);
  expect(unchanged.status).toBe(304);
  expect(asked).toHaveLength(3);
});

test("the machine's own proxy is asked with absolute URLs", async () => {
  await restart({ upstreamProxy: base, allowed: async () => ["http://deb.example.org/debian/"] });
  respond = serving("by proxy");

  expect(await get("http://deb.example.org/debian/pool/a.deb")).toMatchObject({ body: "by proxy" });
  expect(asked).toEqual(["GET http://deb.example.org/debian/pool/a.deb -"]);
});

test("the cache stays below its limit; what was used longest ago goes first", async () => {
  await restart({ maxCacheBytes: 25 });
  respond = serving("0123456789");
  const url = (name: string) => `${base}/debian/pool/${name}`;
  for (const name of ["a", "b", "a", "c"]) await getStored(url(name), {}, { maxCacheBytes: 25 });

  await get(url("a"));
  await get(url("b"));

  expect(asked.map((line) => line.split(" ")[1]?.slice(-1))).toEqual(["a", "b", "c", "b"]);
});

test("what an earlier process left half done is removed, what is damaged is fetched again", async () => {
  respond = serving("deb");
  await get(deb());
  await proxy.stop();
  const data = (await readdir(cacheDir)).find((name) => name.endsWith(".data")) ?? "";
  await writeFile(join(cacheDir, data), "d");
  await writeFile(join(cacheDir, "0123.new"), "half");
  await start();

  expect(await readdir(cacheDir)).toEqual([]);
  expect(await get(deb())).toMatchObject({ body: "deb" });
});

test("stopping ends downloads", async () => {
  respond = (_, response) => response.writeHead(200, { "content-length": 8 }).write("half");
  const asking = request({ host: "127.0.0.1", port, path: deb(), agent: false });
  asking.on("error", () => asking.destroy());
  asking.end();
  const [response] = (await once(asking, "response")) as [IncomingMessage];
  response.on("error", () => response.destroy());

  await proxy.stop();

  await vi.waitFor(() => expect(response.destroyed).toBe(true));
  await start();
});
