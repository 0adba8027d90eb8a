import { createServer } from "node:net";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { askCallView, VIEW_TIMEOUT_MS } from "../call-view.ts";
import { createClient } from "../client.ts";
import { parseEndpoint } from "../endpoint.ts";
import { createTestCli, startTestInstance, type TestCli } from "../testing.ts";
import { bashReply, readBashLine } from "./bash-line.ts";

let cli: TestCli;
let instance: Awaited<ReturnType<typeof startTestInstance>>;
beforeEach(async () => {
  cli = createTestCli();
  instance = await startTestInstance();
});

/** Values for the last word, without what they mean. */
async function values(...words: string[]): Promise<string[]> {
  const { code, out, err } = await cli.run("complete", "fish", "mini-buildd", ...words);
  expect([code, err]).toEqual([0, ""]);
  const [kind = "", ...lines] = out.trimEnd().split("\n");
  return kind === "values" ? lines.map((line) => line.replace(/\t.*/, "")) : [kind];
}

describe("the program's own words", () => {
  test("commands, with what they do; hidden ones are not offered", async () => {
    expect(await values("")).toEqual(expect.arrayContaining(["serve", "api", "events", "completion"]));
    expect(await values("")).not.toContain("complete");
    expect(await values("ad")).toEqual(["admin"]);
    expect(await values("admin", "t")).toEqual(["token", "tokens"]);
    const { out } = await cli.run("complete", "zsh", "mini-buildd", "ev");
    expect(out).toBe("values\nevents\tfollow the events of an instance\n");
  });
  test("options of commands and of calls, long and short", async () => {
    expect(await values("submit", "--w")).toEqual(["--wait"]);
    expect(await values("api", instance.url, "migrate", "--")).toEqual(
      expect.arrayContaining(["--full", "--allow-downgrade", "--json", "--yes"]),
    );
    expect(await values("api", instance.url, "migrate", "-")).toContain("-F");
  });
  test("names of calls, types of events, levels, in either form of an option", async () => {
    expect(await values("api", instance.url, "por")).toEqual(["port", "port_ext"]);
    expect(await values("events", instance.url, "--exit-on", "INSTALLED,FAI")).toEqual(["INSTALLED,FAILED"]);
    expect(await values("admin", "token", "--level=S")).toEqual(["--level=STAFF"]);
    expect(await values("admin", "token", "--level", "")).toEqual(["LOGIN", "STAFF", "ADMIN"]);
  });
  test("settings with what they do, and their values where these are few", async () => {
    expect(await values("admin", "set", "rep")).toEqual(["repository"]);
    expect(await values("admin", "set", "repository", "test", "a")).toEqual([
      "active=",
      "allow_unauthenticated_uploads=",
      "allow_emails_to=",
    ]);
    expect(await values("admin", "set", "distribution", "x-y", "a=b", "lintian_mode=W")).toEqual([
      "lintian_mode=WARNFAIL",
    ]);
    expect(await values("admin", "show", "suite", "debdev/")).toEqual([
      "debdev/unstable",
      "debdev/experimental",
    ]);
  });
  test("where a file or directory stands, the shell knows best", async () => {
    expect(await values("submit", "")).toEqual(["files"]);
    expect(await values("serve", "--home", "/va")).toEqual(["directories"]);
  });
  test("nothing for what cannot be", async () => {
    expect(await values("frobnicate", "x", "")).toEqual([]);
    expect(await values("api", instance.url, "frobnicate", "")).toEqual([]);
    expect(await values("api", instance.url, "status", "--nope=")).toEqual([]);
  });
});

// An instance has 300 ms to answer, which a machine that does much else may miss.
describe("what only the instance knows", { retry: 5 }, () => {
  test("sources, distributions, repositories", async () => {
    expect(await values("api", instance.url, "migrate", "")).toEqual(["hello"]);
    expect(await values("api", instance.url, "migrate", "hello", "bookworm-test-s")).toEqual([
      "bookworm-test-stable",
    ]);
    expect(await values("api", instance.url, "ls", "--repositories", "")).toEqual(["test"]);
    expect(await values("events", instance.url, "--source", "h")).toEqual(["hello"]);
  });
  test("of more sources than are told at once, those that begin so", async () => {
    expect(await values("api", instance.url, "ls", "")).toEqual(["hello"]);
    expect(await values("api", instance.url, "ls", "zo")).toEqual(["zoo"]);
    expect(await values("events", instance.url, "--source", "z")).toEqual(["zoo"]);
  });
  test("what has settings", async () => {
    const show = ["admin", "show", "--home", instance.home];
    expect(await values(...show, "repository", "")).toEqual(["test"]);
    expect(await values(...show, "distribution", "")).toEqual(["bookworm-test"]);
  });
  test("a list goes on behind a comma; several words where nothing positional follows", async () => {
    const list = ["api", instance.url, "sources_list", "--suites"];
    expect(await values(...list, "stable,")).toEqual(["stable,unstable"]);
    expect(await values(...list, "stable", "u")).toEqual(["unstable"]);
    expect(await values(...list, "stable", "--js")).toEqual(["--json"]);
  });
  test("of the instance on this machine, for commands that name none", async () => {
    expect(await values("archive", "ls", "--home", instance.home, "bookworm-test-u")).toEqual([
      "bookworm-test-unstable",
    ]);
  });
  test("endpoints: local, and those that credentials are kept for", async () => {
    await cli.run("api", instance.url, "status", "--token", "staff-token", "--remember");
    expect(await values("api", "")).toEqual(["local", instance.url]);
  });
  test("choices that are fixed need no instance; the rest is silence", async () => {
    const dead = ["api", "http://127.0.0.1:1"];
    expect(await values(...dead, "sources_list", "--format", "")).toEqual(["deb822", "one-line"]);
    expect(await values(...dead, "migrate", "")).toEqual([]);
    const nonsense = await cli.run("complete", "fish", "mini-buildd", "api", "ftp://nonsense", "ls", "");
    expect([nonsense.out, nonsense.err]).toEqual(["", ""]);
  });
  test("an instance that does not answer is left alone in time", async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => void silent.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void silent.close());
    const address = silent.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const began = performance.now();

    const view = await askCallView(
      createClient(parseEndpoint(`127.0.0.1:${port}`, "/"), undefined),
      "migrate",
    );

    expect(view).toBeUndefined();
    // Room for a machine that does much else.
    expect(performance.now() - began).toBeLessThan(VIEW_TIMEOUT_MS + 1000);
  });
  test("hostile names are neither shown nor run", async () => {
    instance.instance.repositories.push("$(touch x)", "a\nb", "a\u001b[31m");
    const line = `mini-buildd api ${instance.url} ls --repositories `;
    const { out } = await cli.run("complete", "bash", ":=", line);
    expect(out).toBe("values\ntest\n\\$\\(touch\\ x\\)\n");
  });
});

describe("lines of bash", () => {
  test.each([
    ["mini-buildd ap", ["mini-buildd"], "ap"],
    ["mini-buildd api 'a b' ", ["mini-buildd", "api", "a b"], ""],
    ['mini-buildd "a\\"b\\c" x\\ y', ["mini-buildd", 'a"b\\c'], "x y"],
    ["cd /tmp && mini-buildd '' s", ["mini-buildd", ""], "s"],
    ["(mini-buildd ", ["mini-buildd"], ""],
  ])("%s", (line, words, current) => {
    expect(readBashLine(line, ":=")).toMatchObject({ words, current });
  });
  test("bash replaces only what follows the last word break", () => {
    const reply = (line: string, value: string) => bashReply(value, readBashLine(line, "\"'@><=;|&(:"));
    expect(reply("x http://host:80", "http://host:8066")).toBe("8066");
    expect(reply("x --level=S", "--level=STAFF")).toBe("STAFF");
    expect(reply("x he", "hello/1.0/2024/source amd64")).toBe("hello/1.0/2024/source\\ amd64");
    expect(reply("x 'http://ho", "http://host:8066")).toBe("http://host:8066");
  });
});
