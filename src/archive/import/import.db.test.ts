import {
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join, normalize } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readDeb } from "#deb";
import { createTestGpg, createVerifier, type TestGpg } from "#keys";
import { exec, execOk, systemClock } from "#platform";
import { createTestArchive, type TestArchive } from "../archive-support.ts";
import { type ImportOptions, type ImportRequest, importRepository, planImport } from "./index.ts";

// Repositories as others make them: by the real reprepro and aptly, signed by a real key.

let fixture: TestArchive;
let gpg: TestGpg;
let key: string;
let dir: string;
let target: string;
const closing: (() => void)[] = [];

beforeEach(async () => {
  fixture = await createTestArchive();
  gpg = createTestGpg();
  key = await gpg.makeKey("Elsewhere");
  dir = mkdtempSync(join(tmpdir(), "mbd-import-"));
  target = await fixture.live("unstable");
});
afterEach(async () => {
  for (const close of closing.splice(0)) close();
  await gpg.close();
  await fixture.close();
  rmSync(dir, { recursive: true });
});

function depsOf() {
  const verifier = createVerifier({ exec, clock: systemClock, keyringsDir: join(dir, "keyrings") });
  const queue = { enqueue: async () => undefined };
  return { db: fixture.db, blobs: fixture.blobs, readDeb, verifier, queue, clock: systemClock };
}

async function run(request: Partial<ImportRequest> & { location: string }, options: ImportOptions = {}) {
  const keyring = await gpg.keyring(key);
  const mappings = [{ from: "stable", to: target }];
  return await importRepository(depsOf(), { mappings, keyring, ...request }, options);
}

async function members(): Promise<string[]> {
  const rows = await fixture.db.read
    .selectFrom("membership as m")
    .innerJoin("package as p", "p.id", "m.package_id")
    .select(["m.component", "p.kind", "p.name", "p.version", "p.arch", "m.release_id"])
    .where("m.removed", "is", null)
    .execute();
  return rows
    .map((row) => {
      const release = row.release_id === null ? "loose" : "release";
      return `${row.component} ${row.kind} ${row.name} ${row.version} ${row.arch} ${release}`;
    })
    .sort();
}

const deb = (name: string, version: string, arch: string, more: Record<string, string> = {}) =>
  fixture.factory.deb({ Package: name, Version: version, Architecture: arch, ...more });

/** A signed repository of reprepro with skew: hello 1.0-2 for amd64, still 1.0-1 for arm64; an udeb, contrib, all. */
async function reprepro(): Promise<string> {
  const base = join(dir, "reprepro");
  mkdirSync(join(base, "conf"), { recursive: true });
  const conf = [
    "Codename: stable",
    "Architectures: amd64 arm64 source",
    "Components: main contrib",
    "UDebComponents: main",
    "Description: x",
  ];
  writeFileSync(join(base, "conf/distributions"), `${conf.join("\n")}\n`);
  const include = (command: string, path: string, ...options: string[]) =>
    execOk(exec, "reprepro", ["-b", base, ...options, command, "stable", path]);
  const dsc = await fixture.factory.source("hello", "1.0-2", { hello: "any" });
  await include("includedsc", dsc, "--section", "misc", "--priority", "optional", "-C", "main");
  await include("includedeb", await deb("hello", "1.0-2", "amd64"), "-C", "main");
  await include("includedeb", await deb("hello", "1.0-1", "arm64"), "-C", "main", "-A", "arm64");
  await include("includedeb", await deb("hello-doc", "1.0-2", "all", { Source: "hello" }), "-C", "main");
  await include("includedeb", await deb("extra", "1:3", "amd64", { Section: "contrib/x" }), "-C", "contrib");
  const udeb = await fixture.factory.deb(
    { Package: "hello-udeb", Version: "1.0-2", Architecture: "amd64", Source: "hello" },
    { ending: "udeb" },
  );
  await include("includeudeb", udeb, "-C", "main");
  await sign(join(base, "dists/stable"));
  return base;
}

async function sign(dist: string, by = key): Promise<void> {
  const text = readFileSync(join(dist, "Release"), "utf8");
  writeFileSync(join(dist, "InRelease"), await gpg.clearsign(by, text));
}

async function serve(root: string): Promise<{ url: string; requests: string[] }> {
  const requests: string[] = [];
  const server: Server = createServer((request, response) => {
    const path = join(root, normalize(decodeURIComponent(request.url ?? "/")));
    requests.push(request.url ?? "");
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isFile() !== true) return void response.writeHead(404).end();
    createReadStream(path).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, requests };
}

const ALL = [
  "contrib deb extra 1:3 amd64 loose",
  "main deb hello 1.0-1 arm64 loose",
  "main deb hello 1.0-2 amd64 release",
  "main deb hello-doc 1.0-2 all release",
  "main dsc hello 1.0-2 source release",
  "main udeb hello-udeb 1.0-2 amd64 release",
];

describe("a repository of reprepro", () => {
  test("comes as releases where the source is there, loose else; a second time nothing comes", async () => {
    const { url, requests } = await serve(await reprepro());
    const keyring = await gpg.keyring(key);
    const mappings = [{ from: "stable", to: target }];
    const plan = await planImport(depsOf(), { location: url, mappings, keyring });

    const report = await run({ location: url });

    expect(plan.distributions).toMatchObject([{ to: target, releases: 1, loose: 2, alreadyThere: 0 }]);
    expect(report).toMatchObject({ releases: 1, packages: 6, alreadyThere: 0, refused: [] });
    expect(report.changed).toEqual([target]);
    expect(await members()).toEqual(ALL);
    requests.length = 0;
    const again = await run({ location: url });
    expect(again).toMatchObject({ releases: 0, packages: 0, alreadyThere: 6, bytes: 0, changed: [] });
    expect(requests.filter((path) => path.includes("/pool/"))).toEqual([]);
  });

  test("only chosen components and architectures come", async () => {
    const location = await reprepro();

    await run({ location, components: ["main"], architectures: ["arm64"] });

    expect(await members()).toEqual([
      "main deb hello 1.0-1 arm64 loose",
      "main deb hello-doc 1.0-2 all release",
      "main dsc hello 1.0-2 source release",
    ]);
    await expect(run({ location, components: ["non-free"] })).rejects.toMatchObject({
      code: "component_unknown",
    });
    await expect(run({ location, architectures: ["mips"] })).rejects.toMatchObject({ code: "bad_argument" });
  });

  test("a changed package is refused by name: the rest comes if that is wanted, and it is fetched again", async () => {
    const location = await reprepro();
    const path = join(location, "pool/main/h/hello/hello_1.0-1_arm64.deb");
    const bytes = readFileSync(path);
    const changed = Buffer.from(bytes);
    changed[changed.length - 30] = (changed[changed.length - 30] ?? 0) ^ 1;
    writeFileSync(path, changed);

    await expect(run({ location })).rejects.toThrow(
      /^pool\/main\/h\/hello\/hello_1\.0-1_arm64\.deb: its SHA256 is .*\.$/,
    );
    expect(await members()).toEqual([]);
    const report = await run({ location, keepGoing: true });
    expect(report.refused.map(({ file }) => file)).toEqual(["pool/main/h/hello/hello_1.0-1_arm64.deb"]);
    expect(await members()).toEqual(ALL.filter((line) => !line.includes("1.0-1")));
    writeFileSync(path, bytes);
    await run({ location });
    expect(await members()).toEqual(ALL);
  });

  test("a changed index is refused", async () => {
    const location = await reprepro();
    const index = join(location, "dists/stable/main/source/Sources.gz");
    const bytes = readFileSync(index);
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    writeFileSync(index, bytes);

    await expect(run({ location, keepGoing: true })).rejects.toMatchObject({ code: "source_unusable" });
    expect(await members()).toEqual([]);
  });

  test("nothing is believed without the right signature, unless the administrator says so", async () => {
    const location = await reprepro();
    const other = await gpg.makeKey("Stranger");
    const none = { mappings: [{ from: "stable", to: target }], location };

    await expect(importRepository(depsOf(), none)).rejects.toMatchObject({ code: "source_untrusted" });
    await expect(run({ location, keyring: await gpg.keyring(other) })).rejects.toMatchObject({
      code: "source_untrusted",
    });
    rmSync(join(location, "dists/stable/InRelease"));
    await expect(run({ location })).rejects.toThrow(/not signed/);
    expect(await members()).toEqual([]);
    await importRepository(depsOf(), { ...none, trusted: true });
    expect(await members()).toEqual(ALL);
  });

  test("stopped at any step, it goes on where it was", async () => {
    const location = await reprepro();
    const stop = new AbortController();
    const onProgress = () => stop.abort(new Error("stopped"));

    await expect(run({ location }, { signal: stop.signal, onProgress })).rejects.toThrow("stopped");
    const report = await run({ location });

    expect(report.refused).toEqual([]);
    expect(await members()).toEqual(ALL);
  });
});

describe("a repository of aptly", () => {
  test("comes as a whole, detached signature and all", async () => {
    const conf = join(dir, "aptly.conf");
    writeFileSync(
      conf,
      JSON.stringify({ rootDir: join(dir, "aptly"), architectures: ["amd64", "arm64", "source"] }),
    );
    const aptly = (...args: string[]) =>
      execOk(exec, "aptly", [`-config=${conf}`, ...args], { env: { HOME: dir } });
    await aptly("repo", "create", "-distribution=stable", "-component=main", "r");
    const files = [
      await fixture.factory.source("hello", "1.0-2", { hello: "any" }),
      await deb("hello", "1.0-2", "amd64"),
      await deb("hello", "1.0-1", "arm64"),
    ];
    await aptly("repo", "add", "r", ...files);
    await aptly("publish", "repo", "-skip-signing", "r");
    const location = join(dir, "aptly/public");
    const dist = join(location, "dists/stable");
    const text = readFileSync(join(dist, "Release"), "utf8");
    rmSync(join(dist, "InRelease"), { force: true });
    const signature = await gpg.gpg(["--local-user", `${key}!`, "--armor", "--detach-sign"], text);
    writeFileSync(join(dist, "Release.gpg"), signature);

    const report = await run({ location: `file://${location}` });

    expect(report).toMatchObject({ releases: 1, packages: 3, refused: [] });
    expect(await members()).toEqual(ALL.filter((line) => /hello (1.0-1|1.0-2)/.test(line)));
    expect(basename(location)).toBe("public");
  });
});
