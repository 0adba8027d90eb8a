import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestGpg, createVerifier, type TestGpg } from "#keys";
import { type Exec, exec, systemClock } from "#platform";
import { createFetch } from "./fetch.ts";
import { findMachineSources } from "./machine-sources.ts";
import { createTestArchive, type TestArchive } from "./testing.ts";

let gpg: TestGpg;
let archive: TestArchive;
let vendor: string;
let other: string;
let root: string;

beforeAll(async () => {
  gpg = createTestGpg();
  archive = await createTestArchive();
  vendor = await gpg.makeKey("Vendor");
  other = await gpg.makeKey("Other");
});

afterAll(async () => {
  await gpg.close();
  await archive.close();
});

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "mbd-machine-"));
  archive.files.clear();
  write("etc/os-release", "ID=debian\nVERSION_CODENAME=bookworm\n");
  write("usr/share/keyrings/debian-archive-keyring.gpg", await gpg.keyring(vendor));
  return () => rmSync(root, { recursive: true });
});

function write(name: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), content);
}

/** The machine's own apt configuration must not matter here. */
const toolsOf =
  (validUntil: string): Exec =>
  async (file, args, options) =>
    file === "apt-config"
      ? { exitCode: 0, stdout: validUntil, stderr: "", timedOut: false }
      : await exec(file, args, options);

const find = (validUntil = "") =>
  findMachineSources({
    exec: toolsOf(validUntil),
    fetch: createFetch(),
    verifier: createVerifier({ exec, clock: systemClock, keyringsDir: join(root, "keyrings") }),
    root,
  });

test("finds base, updates and security by their keys, and nothing of others", async () => {
  write(
    "etc/apt/sources.list.d/debian.sources",
    `Types: deb\nURIs: ${archive.url}debian\nSuites: bookworm bookworm-updates\nComponents: main\n`,
  );
  write(
    "etc/apt/sources.list",
    `deb ${archive.url}sec bookworm-security main\ndeb ${archive.url}other bookworm main\ndeb ${archive.url}x sid main\n`,
  );
  const put = async (codename: string, key: string, at: string, components = "main contrib") => {
    const fields = { Codename: codename, Components: components };
    await archive.publish(codename, { gpg, key, fields });
    const signed = archive.files.get(`dists/${codename}/InRelease`) ?? "";
    archive.files.delete(`dists/${codename}/InRelease`);
    archive.files.set(`${at}/dists/${codename}/InRelease`, signed);
  };
  await put("bookworm", vendor, "debian");
  await put("bookworm-updates", vendor, "debian");
  await put("bookworm-security", vendor, "sec", "updates/main updates/contrib");
  await put("bookworm", other, "other");

  const sources = await find("false\n");

  const debian = { origin: "Debian", components: ["main"], checkValidUntil: false };
  expect(sources).toMatchObject([
    { ...debian, codename: "bookworm", archives: [`${archive.url}debian/`], base: true },
    { ...debian, codename: "bookworm-updates", archives: [`${archive.url}debian/`], base: false },
    {
      ...debian,
      codename: "bookworm-security",
      archives: [`${archive.url}sec/`],
      removeFromComponent: "updates/",
    },
  ]);
});

test("says why there is none", async () => {
  await expect(find()).rejects.toThrow("apt has no source for suite 'bookworm'");

  write("etc/apt/sources.list", `deb ${archive.url} bookworm main\n`);
  await archive.publish("bookworm", { gpg, key: other });

  await expect(find()).rejects.toThrow("not signed by a key of Debian or Ubuntu");
});
