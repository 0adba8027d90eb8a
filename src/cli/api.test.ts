import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { FakeEvent } from "./fake-server.ts";
import { createTestCli, startTestInstance, type TestCli } from "./testing.ts";

const bkey = "hello/2.10-3~test12+1/20240102T030000Z/source";
let cli: TestCli;
let instance: Awaited<ReturnType<typeof startTestInstance>>;

beforeEach(async () => {
  cli = createTestCli();
  instance = await startTestInstance();
});

describe("calls that change nothing", () => {
  test("text as it is, the rest as indented JSON, data on stdout only", async () => {
    expect((await cli.run("api", instance.url, "pub_key")).out).toMatch(/^-----BEGIN PGP/);
    const status = await cli.run("api", instance.url, "status", "-R");
    expect(JSON.parse(status.out)).toMatchObject({ identity: "acme", repositories: [{ identity: "test" }] });
    expect([status.code, status.err]).toEqual([0, ""]);
  });
  test("--json makes JSON of everything, before or behind the call", async () => {
    expect(JSON.parse((await cli.run("api", "--json", instance.url, "pub-key")).out)).toMatch(/^-----BEGIN/);
    expect(JSON.parse((await cli.run("api", instance.url, "pub_key", "--json")).out)).toMatch(/^-----BEGIN/);
  });
  test.each([
    [["--suites", "stable,unstable"]],
    [["--suites", "stable", "--suites", "unstable"]],
    [["--suites", "stable", "unstable"]],
    [["-S", "stable,unstable"]],
  ])("a list as %o", async (words) => {
    const { out } = await cli.run("api", instance.url, "sources_list", ...words);
    expect(out).toContain("Suites: bookworm-test-stable bookworm-test-unstable\n");
  });
  test("a list before a positional argument takes one word only", async () => {
    const { out } = await cli.run("api", instance.url, "ls", "--repositories", "test", "hello");
    expect(Object.keys(JSON.parse(out))).toEqual(["bookworm-test-unstable"]);
  });
  test("`local` is the control socket of the home", async () => {
    expect((await cli.run("api", "--home", instance.home, "local", "status")).code).toBe(0);
    cli.env = { ...cli.env, MINI_BUILDD_HOME: instance.home };
    expect((await cli.run("api", "local", "status")).code).toBe(0);
  });
});

describe("calls that change something", () => {
  const cancel = ["cancel", bkey, "--token", "staff-token"];
  test("--yes does it", async () => {
    const { code, out } = await cli.run("api", instance.url, ...cancel, "--yes");
    expect([code, JSON.parse(out).scope]).toEqual([0, "packaging"]);
    expect(instance.instance.packagings.get(bkey)).toBe("CANCELLED");
  });
  test("on a terminal the plan is shown and a yes asked for", async () => {
    cli.terminal = true;
    cli.answers.push("y");
    const { code, err } = await cli.run("api", instance.url, ...cancel);
    expect([code, cli.asked]).toEqual([0, ["Do it? [y/N] "]]);
    expect(err).toContain(`Cancel ${bkey}`);
    expect(instance.instance.packagings.get(bkey)).toBe("CANCELLED");
  });
  test("anything but yes leaves it", async () => {
    cli.terminal = true;
    cli.answers.push("");
    const { code, err } = await cli.run("api", instance.url, ...cancel);
    expect([code, err]).toEqual([1, expect.stringContaining("Nothing was done.")]);
    expect(instance.instance.packagings.get(bkey)).toBe("FAILED");
  });
  test("without a terminal and --yes it is a mistake of usage", async () => {
    const { code, err } = await cli.run("api", instance.url, ...cancel);
    expect([code, err]).toEqual([2, expect.stringContaining("add --yes")]);
    expect(instance.instance.packagings.get(bkey)).toBe("FAILED");
  });
  test("on the control socket the administrator needs no credentials", async () => {
    const words = ["setup", "--repositories", "acme/default", "--auto-confirm"];
    expect((await cli.run("api", "--home", instance.home, "local", ...words)).code).toBe(0);
    expect(instance.instance.repositories).toContain("acme");
  });
});

describe("exit codes and sentences", () => {
  test.each([
    ["no such call", ["frobnicate"], 2, "There is no call 'frobnicate'."],
    ["missing argument", ["ls"], 2, "missing required argument 'source'"],
    ["unknown option", ["status", "--nope"], 2, "unknown option '--nope'"],
    ["bad value, seen here", ["ls", "../x"], 2, "is not the name of a source package."],
    ["bad value, seen there", ["ls", "hello", "--codenames", "sid"], 2, "'sid' is not one of: bookworm."],
    [
      "not found",
      ["ls", "hello", "--repositories", "nope"],
      1,
      "There is no repository 'nope'.\nRepositories here: test.",
    ],
    ["nobody", ["cancel", bkey, "--yes"], 3, "needs a sign-in of level STAFF."],
    ["wrong token", ["status", "--token", "x"], 3, "The credentials are not right."],
    ["level too low", ["setup", "--yes", "--token", "staff-token"], 3, "needs level ADMIN; yours is STAFF."],
  ])("%s", async (_name, words, code, sentence) => {
    const result = await cli.run("api", instance.url, ...words);
    expect([result.code, result.out, result.err]).toEqual([code, "", expect.stringContaining(sentence)]);
  });
  test("nobody there", async () => {
    const { code, err } = await cli.run("api", "http://127.0.0.1:1", "status");
    expect([code, err]).toEqual([4, expect.stringContaining("http://127.0.0.1:1 cannot be reached")]);
    expect((await cli.run("api", "--home", cli.dir, "local", "status")).code).toBe(4);
  });
  test("somebody else there", async () => {
    instance.instance.deps.ls.find = async () => await Promise.reject(new Error("x"));
    const broken = await cli.run("api", instance.url, "ls", "hello");
    expect([broken.code, broken.err]).toEqual([
      1,
      expect.stringContaining("Something went wrong inside mini-buildd"),
    ]);
  });
  test.each(["ftp://host", "http://", "http://a:b@host", "http://host/?x"])(
    "no endpoint: %s",
    async (endpoint) => {
      expect((await cli.run("api", endpoint, "status")).code).toBe(2);
    },
  );
});

describe("--wait follows what a call has started", () => {
  const again = bkey.replace("030000Z", "040000Z");
  const retry = ["retry", bkey, "--yes", "--wait", "--token", "staff-token"];
  /** The instance retries, and events tell what became of it. */
  function becomes(...events: FakeEvent[]): void {
    instance.instance.deps.retry.retry = async () => {
      for (const event of events) instance.addEvent(event);
      return { changes: "hello_2.10-3~test12+1_source.changes", bkey: again, packaging: 2 };
    };
  }

  test.each([
    ["INSTALLED", 0],
    ["FAILED", 5],
    ["REJECTED", 5],
    ["CANCELLED", 5],
  ] as const)("%s ends with %i", async (type, expected) => {
    instance.addEvent({ type: "FAILED", bkey: again, message: "long ago" });
    becomes(
      { type: "INSTALLED", bkey, message: "another one" },
      { type: "BUILT", bkey: `${again} amd64`, arch: "amd64" },
      { type: "CANCELLED", bkey: `${again} arm64`, arch: "arm64" },
      { type, bkey: again },
    );
    const { code, out, err } = await cli.run("api", instance.url, ...retry);
    expect([code, JSON.parse(out).bkey]).toEqual([expected, again]);
    expect(err).not.toMatch(/long ago|another one/);
    expect(err.match(/^\S+ [A-Z]+/gm)?.map((line) => line.replace(/.* /, ""))).toEqual([
      ...["BUILT", "CANCELLED", type],
    ]);
  });
  test("of several ports all are waited for; one that failed makes 5", async () => {
    instance.instance.deps.portExt.portExt = async () => {
      instance.addEvent({ type: "INSTALLED", bkey: "a/1/t/source" });
      instance.addEvent({ type: "PORTED", bkey: "b/1/t/source", data: { error: "no such file" } });
      return [
        { target: "bookworm-test-stable", bkey: "b/1/t/source" },
        { target: "bookworm-test-unstable", bkey: "a/1/t/source" },
      ];
    };
    const port = [
      "port_ext",
      "http://host/x.dsc",
      "bookworm-test-unstable",
      "--yes",
      "--token",
      "staff-token",
    ];
    expect((await cli.run("api", instance.url, ...port, "--wait")).code).toBe(5);
    expect((await cli.run("api", instance.url, ...port)).code).toBe(0);
  });
  test("what could not even be started is 5 at once", async () => {
    instance.instance.deps.portExt.portExt = async () => [{ target: "x", error: "There is no such." }];
    const port = [
      "port_ext",
      "http://host/x.dsc",
      "bookworm-test-unstable",
      "--yes",
      "--token",
      "staff-token",
    ];
    expect((await cli.run("api", instance.url, ...port, "--wait")).code).toBe(5);
  });
  test("calls that start nothing have no --wait", async () => {
    expect((await cli.run("api", instance.url, "status", "--wait")).code).toBe(2);
  });
});

test("help shows the instance's defaults and choices, and works without it", async () => {
  const live = await cli.run("api", instance.url, "sources_list", "--help");
  expect([live.code, live.out]).toEqual([
    0,
    expect.stringMatching(/--codenames <CODENAMES\.\.\.>.*default: bookworm/s),
  ]);
  const offline = await cli.run("api", "http://127.0.0.1:1", "sources_list", "--help");
  expect([offline.code, offline.out]).toEqual([0, expect.stringContaining("default: <server_default>")]);
});

test("hostile text cannot steer the terminal", async () => {
  cli.terminal = true;
  instance.instance.deps.pubKey.publicKeyArmored = () => "a\u001b[31m\u009bb\nc";
  expect((await cli.run("api", instance.url, "pub_key")).out).toBe("a?[31m?b\nc\n");
});

describe("credentials", () => {
  const status = (...words: string[]) => cli.run("api", instance.url, "status", ...words);

  test("a user's password comes from the environment or is asked for, hidden", async () => {
    cli.env = { ...cli.env, MINI_BUILDD_PASSWORD: "secret" };
    expect((await status("--user", "jane")).code).toBe(0);
    cli.env = { HOME: cli.dir };
    cli.terminal = true;
    cli.answers.push("wrong");
    expect((await status("--user", "jane")).code).toBe(3);
    expect(cli.asked).toEqual(["Password of jane: "]);
  });
  test("a token from a file", async () => {
    writeFileSync(join(cli.dir, "token"), "staff-token\n");
    expect((await status("--token", `@${join(cli.dir, "token")}`)).code).toBe(0);
  });
  test("kept for this endpoint, readable for the user only", async () => {
    await status("--token", "staff-token", "--remember");
    const file = join(cli.dir, ".config/mini-buildd/credentials.json");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(Object.keys(JSON.parse(readFileSync(file, "utf8")))).toEqual([instance.url]);
    const cancel = await cli.run("api", instance.url, "cancel", bkey, "--yes");
    expect(cancel.code).toBe(0);
  });
  test("a file that others can read is refused", async () => {
    await status("--token", "staff-token", "--remember");
    chmodSync(join(cli.dir, ".config/mini-buildd/credentials.json"), 0o644);
    expect(await status()).toMatchObject({ code: 1, err: expect.stringContaining("others can read it") });
  });
});
