import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { MbdError } from "#platform";
import { createTestCli, startTestInstance, type TestCli } from "./testing.ts";

let cli: TestCli;
let instance: Awaited<ReturnType<typeof startTestInstance>>;
beforeEach(async () => {
  cli = createTestCli();
  instance = await startTestInstance();
});

const admin = (...words: string[]) => cli.run("admin", ...words, "--home", instance.home);
const busy = () =>
  new MbdError("setting_busy", { setting: "components", object: "x", bkey: "hello/1/2/source" });

describe("with a daemon: through its control socket", () => {
  test("show and set; what it says on stdout, notes on stderr", async () => {
    const shown = await admin("show", "repository", "test");
    const set = await admin("set", "distribution", "bookworm-test", "lintian-mode=IGNORE", "components=");

    expect(shown).toEqual({ code: 0, out: "show done\n", err: "Note this.\n" });
    expect(set).toEqual({ code: 0, out: "set done\n", err: "Note this.\n" });
    expect(instance.admin.map((text) => JSON.parse(text))).toEqual([
      { command: "show", kind: "repository", name: "test" },
      {
        ...{ command: "set", kind: "distribution", name: "bookworm-test" },
        values: { lintian_mode: "IGNORE", components: "" },
      },
    ]);
  });

  test("layouts from files and from standard input", async () => {
    const file = join(cli.dir, "layout");
    writeFileSync(file, "Layout: small\n");
    cli.input = "Layout: other\n";

    await admin("layout", "list");
    await admin("layout", "show", "small");
    await admin("layout", "add", file);
    const changed = await admin("layout", "change", "-", "--json");

    expect(JSON.parse(changed.out)).toEqual({ command: "layout-change" });
    expect(instance.admin.map((text) => JSON.parse(text))).toEqual([
      { command: "layout-list" },
      { command: "layout-show", name: "small" },
      { command: "layout-add", text: "Layout: small\n" },
      { command: "layout-change", text: "Layout: other\n" },
    ]);
  });

  test("holds need a reason, are lifted and listed", async () => {
    const where = ["bookworm-test-unstable", "hello"];

    const without = await admin("hold", ...where);
    await admin("hold", ...where, "--reason", "bug 42", "--by", "ada");
    await admin("hold", ...where, "--off");
    await admin("holds", "--json");

    expect(without).toMatchObject({ code: 2, err: expect.stringContaining("say why") });
    const hello = { distribution: "bookworm-test-unstable", source: "hello" };
    expect(instance.admin.map((text) => JSON.parse(text))).toEqual([
      { command: "hold-set", ...hello, reason: "bug 42", by: "ada" },
      { command: "hold-lift", ...hello },
      { command: "hold-list" },
    ]);
  });

  test("blocks from files and from standard input", async () => {
    const file = join(cli.dir, "block");
    writeFileSync(file, "echo one\n");
    cli.input = "echo two\n";

    await admin("block", "list");
    await admin("block", "show", "ccache");
    await admin("block", "set", "own", file, "--variable", "A=b,c", "--variable", "D=e", "--path", "/a,/b");
    await admin("block", "set", "tools", "-", "--phase", "chroot", "--package", "less,vim");
    await admin("block", "remove", "own");
    const wrong = await admin("block", "set", "own", file, "--phase", "moon");

    expect(wrong.code).toBe(2);
    expect(instance.admin.map((text) => JSON.parse(text))).toEqual([
      { command: "block-list" },
      { command: "block-show", name: "ccache" },
      {
        ...{ command: "block-set", name: "own", phase: "build", text: "echo one\n" },
        ...{ packages: [], variables: ["A=b,c", "D=e"], path: ["/a", "/b"] },
      },
      {
        ...{ command: "block-set", name: "tools", phase: "chroot", text: "echo two\n" },
        ...{ packages: ["less", "vim"], variables: [], path: [] },
      },
      { command: "block-remove", name: "own" },
    ]);
  });

  test("waits for packagings that a setting depends on", async () => {
    instance.refusals.push(busy());

    const set = await admin("set", "distribution", "bookworm-test", "components=main");

    expect(set).toMatchObject({ code: 0, out: "set done\n" });
    expect(set.err).toContain("as hello/1/2/source depends on it; nothing was changed.\nWaiting for that;");
  });

  test("does not wait when told so, nor when interrupted", async () => {
    instance.refusals.push(busy(), busy());

    const told = await admin("set", "distribution", "x-y", "components=main", "--no-wait");
    cli.interrupt();
    const interrupted = await admin("set", "distribution", "x-y", "components=main");

    expect([told.code, interrupted.code]).toEqual([1, 1]);
    expect(instance.admin).toHaveLength(2);
  });
});

test("without a daemon: on the home itself", async () => {
  const shown = await cli.run("admin", "show", "repository", "test", "--home", cli.dir);

  expect(shown).toEqual({ code: 0, out: "home show\n", err: "" });
  expect(cli.opened).toEqual([`open ${cli.dir}`, "close"]);
});

test.each([
  ["admin", "show", "user", "test"],
  ["admin", "show", "repository"],
  ["admin", "set", "repository", "test"],
  ["admin", "set", "repository", "test", "active"],
  ["admin", "set", "repository", "test", "=yes"],
  ["admin", "set", "repository", "test", "active=yes", "active=no"],
  ["admin", "layout", "add", "/nope"],
])("usage: %s %s %s %s %s %s", async (...words) => {
  expect((await cli.run(...words)).code).toBe(2);
});
