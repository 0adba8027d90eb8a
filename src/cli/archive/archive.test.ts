import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { createTestCli, type TestCli } from "../testing.ts";
import { runArchiveCli } from "./index.ts";

let cli: TestCli;
beforeEach(() => {
  cli = createTestCli();
});

const archive = (...words: string[]) => cli.run("archive", ...words, "--home", cli.dir);

/** What the last command asked the archives for. */
const asked = () => cli.homeArchive.asked.at(-1)?.request;
const files = () => cli.homeArchive.asked.at(-1)?.files;

const DONE = { wait: true, dryRun: false };

describe("what commands ask for", () => {
  test("init: repeated options and lists with commas, only what is given", async () => {
    await archive("init", "bookworm-acme-unstable");
    expect(asked()).toEqual({
      command: "init",
      distribution: "bookworm-acme-unstable",
      options: {},
      ...DONE,
    });

    const more = ["--component", "main,contrib", "--component", "non-free", "--architecture", "amd64"];
    const release = ["--rollbacks", "3", "--versions", "2", "--origin", "Acme", "--automatic"];
    await archive(
      "init",
      "bookworm-acme-unstable",
      ...more,
      ...release,
      "--md5",
      "--no-contents",
      "--valid-days",
      "7",
      "--moment-days",
      "90",
      "--rollback-days",
      "60",
    );
    expect(asked()).toEqual({
      command: "init",
      distribution: "bookworm-acme-unstable",
      components: ["main", "contrib", "non-free"],
      architectures: ["amd64"],
      ...{ rollbacks: 3, versions: 2, origin: "Acme", automatic: true },
      options: { md5: true, contents: false, validDays: 7, momentDays: 90, rollbackDays: 60 },
      ...DONE,
    });
  });
  test("copy, remove and restore", async () => {
    await archive("copy", "a", "b", "hello", "world=1:2.0-1", "--component", "main", "--no-wait", "--force");
    expect(asked()).toEqual({
      command: "copy",
      ...{ from: "a", to: "b", component: "main", full: false, force: true },
      sources: [{ source: "hello" }, { source: "world", version: "1:2.0-1" }],
      ...{ wait: false, dryRun: false },
    });
    await archive("copy", "a", "b", "--full", "--dry-run");
    expect(asked()).toEqual({
      ...{ command: "copy", from: "a", to: "b", full: true, force: false },
      ...{ wait: true, dryRun: true },
    });
    await archive("remove", "a", "hello", "--architecture", "arm64", "--without-rollback");
    expect(asked()).toEqual({
      ...{ command: "remove", distribution: "a", sources: [{ source: "hello" }] },
      ...{ architecture: "arm64", keepRollback: false },
      ...DONE,
    });
    await archive("restore", "a-rollback0", "hello");
    expect(asked()).toEqual({
      ...{ command: "restore", distribution: "a-rollback0", source: "hello", force: false },
      ...DONE,
    });
  });
  test.each([
    [["ls"], { command: "ls" }],
    [["ls", "a", "lib*"], { command: "ls", distribution: "a", pattern: "lib*" }],
    [["check", "--repair"], { command: "check", repair: true }],
    [["keep", "a"], { command: "keep", distribution: "a" }],
    [["keep", "a", "--moment-days", "7"], { command: "keep", distribution: "a", momentDays: 7 }],
    [["keep", "a", "--rollback-days", "forever"], { command: "keep", distribution: "a", rollbackDays: null }],
    [["gc", "--dry-run"], { command: "gc", dryRun: true }],
    [["pin", "a"], { command: "rollback-pin", distribution: "a", pinned: true }],
    [
      ["pin", "a", "hello=1.0", "zoo"],
      {
        ...{ command: "rollback-pin", distribution: "a", pinned: true },
        sources: [{ source: "hello", version: "1.0" }, { source: "zoo" }],
      },
    ],
    [
      ["unpin", "a-rollback0", "hello"],
      {
        ...{ command: "rollback-pin", distribution: "a-rollback0", pinned: false },
        sources: [{ source: "hello" }],
      },
    ],
    [["reindex"], { command: "reindex" }],
    [["snapshot", "list", "a"], { command: "snapshot-list", distribution: "a" }],
    [["snapshot", "create", "a", "n"], { command: "snapshot-create", distribution: "a", name: "n", ...DONE }],
    [["snapshot", "delete", "a", "n"], { command: "snapshot-delete", distribution: "a", name: "n", ...DONE }],
    [["moment", "list", "acme", "--limit", "5"], { command: "moment-list", repository: "acme", limit: 5 }],
    [
      ["moment", "pin", "acme", "20260102T030405Z"],
      { command: "moment-pin", repository: "acme", timestamp: "20260102T030405Z", pinned: true },
    ],
    [
      ["moment", "unpin", "acme", "20260102T030405Z"],
      { command: "moment-pin", repository: "acme", timestamp: "20260102T030405Z", pinned: false },
    ],
    [
      ["import", "a", "http://x.example/debian", "--suite", "sid", "--keyring", "/k.gpg"],
      {
        command: "import",
        distribution: "a",
        from: "http://x.example/debian",
        suite: "sid",
        keyring: "/k.gpg",
        ...DONE,
      },
    ],
    [["import", "a", "/srv/repo"], { command: "import", distribution: "a", from: "/srv/repo", ...DONE }],
  ])("%j", async (words, request) => {
    expect((await archive(...words)).code).toBe(0);
    expect(asked()).toEqual(request);
  });
});

describe("names of files", () => {
  test("become absolute, from words, lists and standard input", async () => {
    writeFileSync(join(cli.dir, "list"), "/a/1.deb\r\n\n/a/2.deb\n");
    cli.input = "/b/1.deb\0/b/2 3.deb\0";
    await archive("add", "a", "x.deb", `@${join(cli.dir, "list")}`, "-");
    expect(files()).toEqual([join(process.cwd(), "x.deb"), "/a/1.deb", "/a/2.deb", "/b/1.deb", "/b/2 3.deb"]);
  });
  test("of 50,000 none is lost", async () => {
    const names = Array.from({ length: 50_000 }, (_, number) => `/pool/package_${number}_amd64.deb`);
    writeFileSync(join(cli.dir, "list"), names.join("\n"));
    await archive("add", "a", `@${join(cli.dir, "list")}`);
    expect(files()).toEqual(names);
  });
  test("a list that is not there, or empty", async () => {
    writeFileSync(join(cli.dir, "empty"), "\n");
    expect(await archive("add", "a", "@/nope/list")).toMatchObject({
      code: 2,
      err: expect.stringContaining("/nope/list"),
    });
    expect(await archive("add", "a", `@${join(cli.dir, "empty")}`)).toMatchObject({
      code: 2,
      err: expect.stringContaining("no file is named"),
    });
    expect(cli.homeArchive.asked).toEqual([]);
  });
});

test.each([
  [["init"]],
  [["init", "a", "--rollbacks", "-1"]],
  [["init", "a", "--versions", "0"]],
  [["add", "a"]],
  [["copy", "a", "b"]],
  [["copy", "a", "b", "hello", "--full"]],
  [["copy", "a", "b", "hello="]],
  [["copy", "a", "b", "hello=1=2"]],
  [["remove", "a"]],
  [["nonsense"]],
])("usage: %j", async (words) => {
  expect(await archive(...words)).toMatchObject({ code: 2, out: "" });
  expect(cli.homeArchive.asked).toEqual([]);
});

describe("answers", () => {
  test("are lines, or one JSON document; the home is closed again", async () => {
    expect(await archive("ls")).toEqual({ code: 0, out: "done\n", err: "" });
    expect(await archive("ls", "--json")).toEqual({ code: 0, out: '{\n  "done": true\n}\n', err: "" });
    expect(cli.opened.slice(0, 2)).toEqual([`open archive ${cli.dir}`, "close"]);
  });
  test("that something is not as it should be is an exit code of its own", async () => {
    cli.homeArchive.report = { lines: ["bad"], result: {}, failed: true };
    expect((await archive("check")).code).toBe(5);
  });
  test("the command alone does the same as within the whole program", async () => {
    expect(await runArchiveCli(["archive", "ls", "--home", cli.dir], cli.deps)).toBe(0);
    expect(await runArchiveCli(["archive", "ls", "--nonsense"], cli.deps)).toBe(2);
    expect(asked()).toEqual({ command: "ls" });
  });
});

describe("with a daemon", () => {
  async function startDaemon(answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>) {
    mkdirSync(join(cli.dir, "run"));
    const server = createServer((request, response) => {
      answer(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    server.listen(join(cli.dir, "run", "control.sock"));
    await new Promise((resolve) => server.once("listening", resolve));
    onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  }

  test("it gets the command and the files, and its report is printed", async () => {
    let body = "";
    await startDaemon(async (request, response) => {
      body = await text(request);
      response.write('\n{"progress":{"what":"reading","done":1,"total":2}}\n{"report":{"li');
      response.end('nes":["über"],"result":{"ok":true}}}\n');
    });
    expect(await archive("add", "a", "/x.deb", "/y.deb")).toEqual({ code: 0, out: "über\n", err: "" });
    const [first = "", ...others] = body.trimEnd().split("\n");
    expect(JSON.parse(first)).toMatchObject({ command: "add", distribution: "a" });
    expect(others).toEqual(['"/x.deb"', '"/y.deb"']);
    expect(cli.opened).toEqual([]);
  });
  test("its refusals are shown, before and after it has begun to answer", async () => {
    const problem = {
      title: "x",
      status: 404,
      code: "not_found",
      detail: "Distribution 'a' was not found.",
      hint: "Look.",
    };
    let status = 200;
    await startDaemon(async (request, response) => {
      await text(request);
      response.writeHead(status);
      response.end(JSON.stringify(status === 200 ? { error: problem } : problem));
    });
    const words = { code: 1, out: "", err: "Error: Distribution 'a' was not found.\nLook.\n" };
    expect(await archive("ls", "a")).toEqual(words);
    status = 404;
    expect(await archive("ls", "a")).toEqual(words);
  });
  test("one that ends in the midst of it is not mistaken for none", async () => {
    await startDaemon(async (request, response) => {
      await text(request);
      response.write('{"progress":{"what":"reading","done":1,"total":2}}\n');
      response.destroy();
    });
    expect((await archive("ls")).code).toBe(4);
    expect(cli.opened).toEqual([]);
  });
});

test("a bar is shown on terminals only, and taken away", async () => {
  expect((await archive("ls")).err).toBe("");
  cli.terminal = true;
  const { createProgressBar } = await import("../progress.ts");
  let now = 0;
  const bar = createProgressBar(cli.deps.io, () => now);
  bar.show({ what: "reading", done: 1, total: 4 });
  now = 1000;
  bar.show({ what: "reading", done: 2, total: 4 });
  bar.clear();
  expect(cli.err()).toBe(`\r\u001b[Kreading [${"#".repeat(15)}${".".repeat(15)}] 2/4\r\u001b[K`);
});
