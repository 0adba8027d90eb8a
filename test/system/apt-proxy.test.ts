import { mkdtempSync, rmSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { silentLog } from "#platform";
import { type AptProxy, createAptProxy, readAptSources } from "#sources";
import { type AptJudge, createAptJudge } from "#testing";

const PACKAGE = "hello";

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
  // apt takes plain HTTP to the proxy; an https archive is asked by https behind it.
  const uri = archive.replace(/^https:/, "http:");
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

test("apt updates and downloads through the proxy; again it transfers nothing", async () => {
  expect(await run("update")).toMatchObject({ exitCode: 0 });
  const again = await run("update");
  expect(again.stdout).toMatch(/^Hit:1 /m);
  expect(again.stdout).not.toMatch(/^(Get|Err|Ign):/m);

  expect(await run("download", PACKAGE)).toMatchObject({ exitCode: 0 });
  const cachedBytes = await bytesOf(cacheDir);
  // An archive that is away is not missed for what is in the pool already.
  await apt.run("rm", ["-f", "-r", "cache"]);
  const deb = await run("download", "--print-uris", PACKAGE);
  expect(deb.stdout).toContain("/pool/");
  expect(await run("download", PACKAGE)).toMatchObject({ exitCode: 0 });
  expect(await bytesOf(cacheDir)).toBe(cachedBytes);
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
