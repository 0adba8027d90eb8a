import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { becomeOwnerOf, type UserIds } from "./owner.ts";
import { createTestCli, startTestInstance, type TestCli } from "./testing.ts";

let cli: TestCli;
beforeEach(() => {
  cli = createTestCli();
});

describe("with a daemon: through its control socket", () => {
  test("admin create tells of a user who was there before, and of what that one has", async () => {
    const { home } = await startTestInstance();

    const { out, err } = await cli.run("admin", "create", "ada", "--level", "staff", "--home", home);

    expect(out).toBe("generated\n");
    expect(err).toContain("User ada was there before (mail address ada@example.org)");
    expect(err).toContain("User ada has level STAFF.");
  });
  test("admin create, admin token, key add; secrets alone on stdout", async () => {
    const { home, admin } = await startTestInstance();
    writeFileSync(join(cli.dir, "jane.asc"), "KEY");
    expect(await cli.run("admin", "create", "jane", "--home", home)).toMatchObject({
      code: 0,
      out: "generated\n",
    });
    expect(await cli.run("admin", "token", "--level", "staff", "--name", "ci", "--home", home)).toMatchObject(
      {
        out: "mbd_secret\n",
      },
    );
    const key = await cli.run(
      "key",
      "add",
      join(cli.dir, "jane.asc"),
      "--repository",
      "test",
      "--home",
      home,
    );
    expect([key.out, key.err]).toEqual([
      `${"A".repeat(40)}\n`,
      expect.stringContaining("Jane <jane@example.org> may upload"),
    ]);
    expect(admin).toEqual(["user jane as it is", "token ci STAFF", "key KEY test"]);
    expect(cli.opened).toEqual([]);
  });
  test("key add for some suites and sources only; for none of them is a mistake", async () => {
    const { home, admin } = await startTestInstance();
    writeFileSync(join(cli.dir, "jane.asc"), "KEY");
    const add = (...words: string[]) =>
      cli.run("key", "add", join(cli.dir, "jane.asc"), "--repository", "test", "--home", home, ...words);

    const narrow = await add("--suites", "unstable,hotfix", "--sources", "foo-*, bar");
    const empty = await add("--suites", "");

    expect([narrow.code, empty.code === 0]).toEqual([0, false]);
    expect(empty.err).toContain("Give names, or leave the option out for all.");
    expect(admin).toEqual(["key KEY test unstable hotfix foo-* bar"]);
  });
  test("admin list, reset, disable, activate; what is to be handed on alone on stdout", async () => {
    const { home, admin } = await startTestInstance();
    const run = (...words: string[]) => cli.run("admin", ...words, "--home", home);

    const list = await run("list");
    const json = await run("list", "--json");
    const reset = await run("reset", "jane");
    const rest = [
      await run("disable", "jane"),
      await run("activate", "new"),
      await run("reset", "nobody-here"),
    ];

    expect(list.out).toBe("jane\tADMIN\tactive\tjane@example.org\nnew\tLOGIN\tregistered\n");
    expect(JSON.parse(json.out)).toMatchObject([{ name: "jane" }, { name: "new", state: "registered" }]);
    expect(reset).toMatchObject({ code: 0, out: "http://build.example.org/account/reset?secret=x\n" });
    expect(rest.map(({ out }) => out)).toEqual(["", "", ""]);
    expect(rest.map(({ code }) => code === 0)).toEqual([true, true, false]);
    expect(rest[2]).toMatchObject({ err: expect.stringContaining("User 'nobody-here' was not found.") });
    expect(admin).toEqual(["reset jane", "disable jane", "activate new"]);
  });
  test("admin tokens, revoke: those of the machine", async () => {
    const { home, admin } = await startTestInstance();
    const run = (...words: string[]) => cli.run("admin", ...words, "--home", home);

    const list = await run("tokens");
    const json = await run("tokens", "--json");
    const ended = await run("revoke", "nightly");
    const none = await run("revoke", "nothing");

    expect(list.out).toBe(
      "4\tci\tSTAFF\t2026-03-05T12:00:00.000Z\tnever used\n7\tnightly\tADMIN\t2026-03-06T12:00:00.000Z\t2026-03-07T01:02:03.000Z\n",
    );
    expect(JSON.parse(json.out)).toMatchObject([{ id: 4, name: "ci" }, { id: 7 }]);
    expect(ended).toEqual({ code: 0, out: "", err: "Token nightly (number 7) works no more.\n" });
    expect([none.code, none.err]).toEqual([1, expect.stringContaining("Token 'nothing' was not found.")]);
    expect(admin).toEqual(["revoke nightly"]);
  });
  test("admin create --email, admin email: mail addresses of users", async () => {
    const { home, admin } = await startTestInstance();
    const run = (...words: string[]) => cli.run("admin", ...words, "--home", home);

    await run("create", "jane", "--email", "jane@example.org");
    const changed = await run("email", "jane", "jane@example.net");
    const removed = await run("email", "jane");

    expect(admin).toEqual([
      "user jane as it is jane@example.org",
      "email jane 'jane@example.net'",
      "email jane ''",
    ]);
    expect([changed.err, removed.err]).toEqual([
      "User jane has jane@example.net.\n",
      "User jane has no mail address.\n",
    ]);
  });
  test("admin hook add: filters by option, address and secret also from files; a made secret alone on stdout", async () => {
    const { home, admin } = await startTestInstance();
    const run = (...words: string[]) => cli.run("admin", "hook", ...words, "--home", home);
    writeFileSync(join(cli.dir, "url"), "https://chat.example.org/secret-path\n");
    writeFileSync(join(cli.dir, "secret"), "0123456789abcdef\n");
    cli.input = "fedcba9876543210\n";

    const made = await run(
      ...["add", "ci", "https://ci.example.org/", "--type", "installed,FAILED", "--type", "rejected"],
      ...["--source", "hello", "--distribution", "bookworm-test-unstable", "--allow-host", "ci.example.org"],
    );
    const given = await run("add", "chat", `@${cli.dir}/url`, "--secret-file", join(cli.dir, "secret"));
    const piped = await run("add", "pipe", "https://x/", "--secret-file", "-");

    expect([made.out, given.out, piped.out]).toEqual(["made-secret\n", "", ""]);
    expect(made.err).toContain("shown this once");
    const all = { types: [], distributions: [], sources: [], allowedHosts: [] };
    expect(admin.map((line) => JSON.parse(line.replace("hook add ", "")))).toEqual([
      {
        ...{ name: "ci", url: "https://ci.example.org/", types: ["INSTALLED", "FAILED", "REJECTED"] },
        ...{
          distributions: ["bookworm-test-unstable"],
          sources: ["hello"],
          allowedHosts: ["ci.example.org"],
        },
      },
      { name: "chat", url: "https://chat.example.org/secret-path", secret: "0123456789abcdef", ...all },
      { name: "pipe", url: "https://x/", secret: "fedcba9876543210", ...all },
    ]);
  });
  test("admin hook list, remove, test", async () => {
    const { home, admin } = await startTestInstance();
    const run = (...words: string[]) => cli.run("admin", "hook", ...words, "--home", home);

    const list = await run("list");
    const json = await run("list", "--json");
    const codes = [(await run("remove", "chat")).code, (await run("test", "chat")).code];

    expect(list.out).toBe(
      "chat\thttps://chat.example.org/x\tFAILED * *\t2 waiting, 1 given up\tfailed 3 times: it answered 500\n",
    );
    expect(JSON.parse(json.out)).toMatchObject([{ name: "chat", failures: 3 }]);
    expect(codes).toEqual([0, 0]);
    expect(admin).toEqual(['hook remove {"name":"chat"}', 'hook test {"name":"chat"}']);
  });
  test("admin retention says what goes, admin pin what stays", async () => {
    const { home, admin } = await startTestInstance();
    const run = (...words: string[]) => cli.run("admin", ...words, "--home", home);

    const planned = await run("retention", "--dry-run");
    const json = await run("retention", "-n", "--json");
    const done = await run("retention");
    await run("pin", "a-key");
    await run("pin", "--off", "a-key");

    expect(planned.out).not.toContain("\u001b");
    expect(planned.out).toMatch(/^log of .*hello: it is old\n$/);
    expect(JSON.parse(json.out)).toMatchObject({ dryRun: true, lines: [expect.stringContaining("hello")] });
    expect(done).toMatchObject({ code: 0, out: "", err: "Nothing goes now.\n" });
    expect(admin).toEqual(["would let go", "would let go", "let go", "pin a-key", "unpin a-key"]);
  });
  test("its refusals are shown", async () => {
    const { home } = await startTestInstance();
    const words = ["admin", "token", "--level", "STAFF", "--name", "broken", "--home", home];
    expect(await cli.run(...words)).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringContaining("it is broken."),
    });
    expect(cli.opened).toEqual([]);
  });
});

describe("without a daemon: on the home itself", () => {
  test("no socket", async () => {
    const result = await cli.run("admin", "create", "jane", "--home", cli.dir);
    expect([result.code, result.out]).toEqual([0, "home-password\n"]);
    expect(cli.opened).toEqual([`open ${cli.dir}`, "close"]);
    expect((await cli.run("admin", "reset", "jane", "--home", cli.dir)).out).toBe("home-address of jane\n");
  });
  test("a socket that nobody listens on any more", async () => {
    mkdirSync(join(cli.dir, "run"));
    const socket = join(cli.dir, "run", "control.sock");
    const script = `require("node:net").createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, "SIGKILL"))`;
    const { execa } = await import("execa");
    await execa(process.execPath, ["-e", script], { reject: false });
    expect((await cli.run("admin", "token", "--level", "ADMIN", "--home", cli.dir)).out).toBe(
      "home-secret\n",
    );
  });
  test("no home", async () => {
    const result = await cli.run("admin", "create", "jane", "--home", join(cli.dir, "nope"));
    expect([result.code, result.err]).toEqual([1, expect.stringContaining("does not exist")]);
  });
});

test.each([
  ["admin", "create"],
  ["admin", "create", "jane", "--level", "KING"],
  ["admin", "token"],
  ["admin", "revoke"],
  ["admin", "email"],
  ["admin", "reset"],
  ["admin", "disable"],
  ["admin", "activate"],
  ["key", "add", "/nope", "--repository", "test"],
  ["key", "add", "/nope"],
  ["admin", "hook", "add"],
  ["admin", "hook", "add", "x"],
  ["admin", "hook", "remove"],
  ["admin", "hook", "nonsense"],
])("usage: %s %s %s %s", async (...words) => {
  expect((await cli.run(...words)).code).toBe(2);
});

describe("the owner of the home", () => {
  const owner = (uid: number) => {
    const became: string[] = [];
    return {
      became,
      uid: () => uid,
      become: ({ uid: to, gid }: UserIds) => void became.push(`${to}:${gid}`),
      run: () => "",
    };
  };
  test("is what root becomes", async () => {
    // /proc of init belongs to root; a directory of somebody else is simulated by asking as another root.
    const root = owner(0);
    const { statSync } = await import("node:fs");
    const { uid, gid } = statSync(cli.dir);
    await becomeOwnerOf(cli.dir, root);
    expect(root.became).toEqual(uid === 0 ? [] : [`${uid}:${gid}`]);
  });
  test("is nobody else", async () => {
    await expect(becomeOwnerOf("/", owner(12_345))).rejects.toThrow("run this as root or as its owner");
  });
});

test("serve passes its options on", async () => {
  expect((await cli.run("serve", "--home", "/x", "--http-port", "0", "--listen", "0.0.0.0")).code).toBe(0);
  expect(cli.served).toEqual([
    { home: "/x", httpPort: 0, ftpPort: 8067, listen: "0.0.0.0", logLevel: "info" },
  ]);
  expect((await cli.run("serve", "--http-port", "70000")).code).toBe(2);
});

test("serve reads ports and address of FTP", async () => {
  await cli.run("serve", "--ftp-passive-ports", "50000-50100", "--ftp-address", "198.51.100.7");
  expect(cli.served).toMatchObject([
    { ftpPassivePorts: { min: 50_000, max: 50_100 }, ftpAddress: "198.51.100.7" },
  ]);

  for (const ports of ["50100-50000", "1-2", "50000", "50000-70000", "a-b"]) {
    expect((await cli.run("serve", "--ftp-passive-ports", ports)).code).toBe(2);
  }
  expect((await cli.run("serve", "--ftp-address", "fe80::1")).code).toBe(2);
});

test("serve takes the way of mails from its option, else from the environment", async () => {
  cli.env = { ...cli.env, MINI_BUILDD_SMTP: "smtp://of-environment" };

  await cli.run("serve");
  await cli.run("serve", "--smtp", "sendmail");
  cli.env = { ...cli.env, MINI_BUILDD_SMTP: "" };
  await cli.run("serve");

  expect(cli.served.map(({ smtp }) => smtp)).toEqual(["smtp://of-environment", "sendmail", undefined]);
});

test("serve reads who is told of everything", async () => {
  await cli.run("serve", "--notify", "ada@example.org, ben@example.org", "--notify", "cy@example.org");

  expect(cli.served).toMatchObject([{ notify: ["ada@example.org", "ben@example.org", "cy@example.org"] }]);
});

test("serve takes the database from its option, else from the environment", async () => {
  cli.env = { ...cli.env, MINI_BUILDD_DATABASE: "postgres://of-environment" };

  await cli.run("serve");
  await cli.run("serve", "--database", "postgres://of-option");
  cli.env = { ...cli.env, MINI_BUILDD_DATABASE: "" };
  await cli.run("serve");

  expect(cli.served.map(({ database }) => database)).toEqual([
    "postgres://of-environment",
    "postgres://of-option",
    undefined,
  ]);
});

test("--version, --help, nothing and nonsense", async () => {
  expect(await cli.run("--version")).toEqual({ code: 0, out: "0.1.0\n", err: "" });
  expect((await cli.run("--help")).code).toBe(0);
  expect((await cli.run()).code).toBe(2);
  expect(await cli.run("frobnicate")).toMatchObject({
    code: 2,
    out: "",
    err: expect.stringContaining("unknown command"),
  });
});

test("a daemon of somebody else is not mistaken for none", async () => {
  mkdirSync(join(cli.dir, "run"));
  const server = createServer((socket) => socket.destroy()).listen(join(cli.dir, "run", "control.sock"));
  await new Promise((resolve) => server.once("listening", resolve));
  const result = await cli.run("admin", "token", "--level", "ADMIN", "--home", cli.dir);
  await new Promise((resolve) => server.close(resolve));
  expect([result.code, cli.opened]).toEqual([4, []]);
});

test("serve takes its public address from the option, else from the environment", async () => {
  cli.env = { ...cli.env, MINI_BUILDD_URL: "https://of-environment.example.org/" };

  await cli.run("serve");
  await cli.run("serve", "--url", "https://Of-Option.example.org:443");
  cli.env = { ...cli.env, MINI_BUILDD_URL: " " };
  await cli.run("serve", "--url", "http://[2001:db8::1]:8080/");
  await cli.run("serve");

  expect(cli.served.map(({ url }) => url)).toEqual([
    "https://of-environment.example.org",
    "https://of-option.example.org",
    "http://[2001:db8::1]:8080",
    undefined,
  ]);
});

test.each([
  ...["", "mini-buildd.example.org", "ftp://host", "https://", "https:///x", "https://host/buildd"],
  ...["https://host/?x", "https://host/#", "https://jane@host", "https://jane:secret@host", "https://ho st"],
])("serve says what a public address is, and '%s' is none", async (url) => {
  const rule =
    "is an http or https address without path, user and query, like https://mini-buildd.example.org.";

  const option = await cli.run("serve", "--url", url);
  cli.env = { ...cli.env, MINI_BUILDD_URL: url === "" ? "x" : url };
  const variable = await cli.run("serve");

  expect([option.code, option.err]).toEqual([2, expect.stringContaining(`It ${rule}`)]);
  expect([variable.code, variable.err]).toEqual([1, expect.stringContaining(`; it ${rule}`)]);
  expect(cli.served).toEqual([]);
});

test("serve takes trusted proxies, one or several, from its option, else from the environment", async () => {
  cli.env = { ...cli.env, MINI_BUILDD_TRUSTED_PROXY: "127.0.0.1, 10.0.0.0/8 ::1" };

  await cli.run("serve");
  await cli.run("serve", "--trusted-proxy", "127.0.0.1");
  await cli.run("serve", "--trusted-proxy", "127.0.0.1", "::1", "--trusted-proxy", "10.0.0.0/8");
  cli.env = { ...cli.env, MINI_BUILDD_TRUSTED_PROXY: "" };
  await cli.run("serve");

  expect(cli.served.map(({ trustedProxies }) => trustedProxies)).toEqual([
    ["127.0.0.1", "10.0.0.0/8", "::1"],
    ["127.0.0.1"],
    ["127.0.0.1", "::1", "10.0.0.0/8"],
    undefined,
  ]);
});

test.each(["localhost", "10.0.0.0/33", "127.0.0.1,::1", "proxy.example.org"])(
  "serve trusts no '%s'",
  async (network) => {
    const option = await cli.run("serve", "--trusted-proxy", network);
    cli.env = { ...cli.env, MINI_BUILDD_TRUSTED_PROXY: `127.0.0.1 x${network}` };
    const variable = await cli.run("serve");

    expect([option.code, option.err]).toEqual([2, expect.stringContaining("It is an address, or a network")]);
    expect([variable.code, variable.err]).toEqual([1, expect.stringContaining("; it is an address, or")]);
    expect(cli.served).toEqual([]);
  },
);
