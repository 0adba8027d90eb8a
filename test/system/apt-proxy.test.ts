import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { unfetchedAddress } from "#deb";
import { proxiedAddress, silentLog } from "#platform";
import { type AptProxy, createAptProxy, readAptSources } from "#sources";
import { type AptJudge, createAptJudge } from "#testing";

const PACKAGE = "hello";
/** An HTTP proxy that nobody listens as. */
const NOBODY = "http://127.0.0.1:1/";

let cacheDir: string;
let proxy: AptProxy;
let apt: AptJudge;
let port: number;
let archive: string;
let allowed: string[];

beforeEach(async () => {
  cacheDir = mkdtempSync(join(tmpdir(), "mbd-proxy-"));
  // The machine's own archive, whatever it is: no test names one.
  const source = (await readAptSources("/etc/apt")).find((each) => each.components.includes("main"));
  if (source === undefined) throw new Error("this machine has no apt source with a component main");
  archive = source.uri;
  allowed = [archive];
  proxy = createAptProxy({ cacheDir, allowed: async () => allowed, log: silentLog });
  ({ port } = await proxy.start(0));
  apt = await createAptJudge();
  const uri = proxiedAddress(archive);
  await apt.setSources(
    `Types: deb\nURIs: ${uri}\nSuites: ${source.suite}\nComponents: main\nSigned-By: ${source.signedBy}\n`,
  );
});
afterEach(async () => {
  await apt.close();
  await proxy.stop();
  rmSync(cacheDir, { recursive: true });
});

const run = (...args: string[]) =>
  apt.run("apt-get", ["-q=0", "-o", `Acquire::http::Proxy=http://127.0.0.1:${port}`, ...args]);

test("apt updates and downloads through the proxy; what is in the pool is fetched once", async () => {
  expect(await run("update")).toMatchObject({ exitCode: 0 });
  expect(await run("download", PACKAGE)).toMatchObject({ exitCode: 0 });
  await proxy.stop();
  const cachedBytes = await bytesOf(cacheDir);
  await apt.run("find", [".", "-name", "*.deb", "-delete"]);

  // All that is left of the archive is what the cache holds of it.
  proxy = createAptProxy({ cacheDir, allowed: async () => allowed, log: silentLog, upstreamProxy: NOBODY });
  ({ port } = await proxy.start(0));

  expect(await run("download", PACKAGE)).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^Get:1 /m),
  });
  expect(await run("-o", "APT::Update::Error-Mode=any", "update")).toMatchObject({ exitCode: 100 });
  expect(await bytesOf(cacheDir)).toBe(cachedBytes);
});

test("an archive that did not change: apt is told so", async () => {
  const changed = "Mon, 01 Jan 2024 00:00:00 GMT";
  const upstream = createServer((request, response) => {
    if (request.headers["if-modified-since"] === changed) response.writeHead(304).end();
    else if (!(request.url ?? "").endsWith("/Packages")) response.writeHead(404).end();
    else response.writeHead(200, { "last-modified": changed, "content-length": 0 }).end();
  });
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/`;
  allowed = [url];
  await apt.setSources(`Types: deb\nURIs: ${url}\nSuites: ./\nTrusted: yes\n`);
  await run("update");

  const again = await run("update");

  expect(again).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^Hit:\d+ .* Packages/m) });
  expect(again.stdout).not.toMatch(/^Get:/m);
  upstream.closeAllConnections();
  upstream.close();
});

test("a package that came wrong once is right again as soon as the proxy is told what apt said", async () => {
  let content = "a captive portal";
  const right = "a right package!";
  const sha256 = createHash("sha256").update(right).digest("hex");
  const about = `Package: ${PACKAGE}\nVersion: 1\nArchitecture: all\nFilename: pool/a_1_all.deb\nSize: ${right.length}\nSHA256: ${sha256}\n`;
  const upstream = createServer((request, response) => {
    const files: Readonly<Record<string, string>> = { Packages: about, "a_1_all.deb": content };
    const file = files[basename(request.url ?? "")];
    if (file === undefined) response.writeHead(404).end();
    else response.writeHead(200, { "content-length": file.length }).end(file);
  });
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/`;
  allowed = [url];
  await apt.setSources(`Types: deb\nURIs: ${url}\nSuites: ./\nTrusted: yes\n`);
  expect(await run("update")).toMatchObject({ exitCode: 0 });
  const first = await run("download", PACKAGE);
  content = right;
  const second = await run("download", PACKAGE);

  const named = `${second.stdout}\n${second.stderr}`
    .split("\n")
    .flatMap((line) => unfetchedAddress(line) ?? []);
  for (const address of named) await proxy.forget(address);

  expect([first.exitCode, second.exitCode]).toEqual([100, 100]);
  expect(second.stderr).toContain("Hash Sum mismatch");
  expect(await run("download", PACKAGE)).toMatchObject({ exitCode: 0 });
  upstream.closeAllConnections();
  upstream.close();
});

test("an archive that is not configured: apt shows the proxy's answer and fails", async () => {
  allowed = [];

  const ran = await run("-o", "APT::Update::Error-Mode=any", "update");

  expect(ran.exitCode).not.toBe(0);
  expect(ran.stdout + ran.stderr).toContain("403");
});

async function bytesOf(dir: string): Promise<number> {
  const sizes = await Promise.all(
    (await readdir(dir)).map(async (name) => (await stat(join(dir, name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
