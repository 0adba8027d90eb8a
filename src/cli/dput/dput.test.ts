import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { createTestCli, startTestInstance, type TestCli } from "../testing.ts";
import { writeUpload } from "../testing-upload.ts";
import { parseDputCf } from "./dput-config.ts";
import { placeOf } from "./upload-place.ts";

let cli: TestCli;
let instance: Awaited<ReturnType<typeof startTestInstance>>;
let changes: string;
beforeEach(async () => {
  cli = createTestCli();
  instance = await startTestInstance();
  instance.complete = () => "/uploads/17";
  changes = writeUpload(cli.dir);
});

const received = () => [...instance.uploads.values()].flatMap((session) => [...session.keys()]);
const FILES = ["hello_1.0.dsc", "hello_1.0_source.changes"];
const authority = () => new URL(instance.url).host;

describe("targets", () => {
  test("an endpoint, or `local`", async () => {
    expect(await cli.run("dput", instance.url, changes)).toMatchObject({ code: 0, out: "" });
    expect(await cli.run("dput", "local", changes, "--home", instance.home)).toMatchObject({ code: 0 });
    expect(received()).toEqual([...FILES, ...FILES]);
    expect(instance.uploads.size).toBe(2);
  });
  test("of ~/.dput.cf, with what [DEFAULT] says", async () => {
    const config = `[DEFAULT]\nmethod = http\nincoming = /upload/\n\n[mine]\nfqdn: ${authority()}\n`;
    writeFileSync(join(cli.dir, ".dput.cf"), config);
    expect(await cli.run("dput", "mine", changes)).toMatchObject({ code: 0 });
    expect(received()).toEqual(FILES);
  });
  test("of the file named by -c, and of dput-ng's profiles", async () => {
    writeFileSync(join(cli.dir, "own.cf"), `[own]\nmethod=http\nfqdn=${authority()}\nincoming=/upload\n`);
    expect((await cli.run("dput", "-c", join(cli.dir, "own.cf"), "own", changes)).code).toBe(0);
    mkdirSync(join(cli.dir, ".dput.d/profiles"), { recursive: true });
    const profile = { method: "http", fqdn: authority(), incoming: "/upload/", hooks: ["checksum"] };
    writeFileSync(join(cli.dir, ".dput.d/profiles/ng.json"), JSON.stringify(profile));
    expect((await cli.run("dput", "ng", changes)).code).toBe(0);
    expect(received()).toEqual([...FILES, ...FILES]);
  });
  test("unknown ones are refused, and the known ones named", async () => {
    writeFileSync(join(cli.dir, ".dput.cf"), "[mine]\nfqdn = host\n");
    const unknown = await cli.run("dput", "nope", changes);
    expect([unknown.code, unknown.err]).toEqual([2, expect.stringMatching(/'nope' is neither .*mine/)]);
    const missing = await cli.run("dput", "-c", "/nowhere.cf", "x", changes);
    expect([missing.code, missing.err]).toEqual([
      1,
      expect.stringContaining("/nowhere.cf: it does not exist"),
    ]);
  });
  test("what our own dput_conf prints can be read", async () => {
    const { out } = await cli.run("api", instance.url, "dput_conf");
    const config = parseDputCf(out, "dput.cf");
    const [ftp, http] = ["mini-buildd-acme", "mini-buildd-acme-http"].map((name) =>
      placeOf(name, config, "/home", {}),
    );
    expect(ftp).toMatchObject({
      method: "ftp",
      host: "build.example.org",
      port: 8067,
      directory: "/incoming/",
      user: "anonymous",
      endpoint: { name: "http://build.example.org:8066" },
    });
    expect(http).toMatchObject({ method: "http", directory: "/upload/", user: undefined });
    expect(http?.endpoint.name).toBe("http://build.example.org:8066");
  });
  test.each([
    ["[x]\nmethod = scp\nfqdn = host\n", "method 'scp' is not one of"],
    ["[x]\nfqdn = host/path\n", "fqdn 'host/path' is not HOST"],
    ["x = 1\n", "line 1: it is not KEY = VALUE"],
  ])("%j is refused", async (config, sentence) => {
    writeFileSync(join(cli.dir, ".dput.cf"), config);
    expect(await cli.run("dput", "x", changes)).toMatchObject({
      code: 1,
      err: expect.stringContaining(sentence),
    });
  });
});

describe("files are checked before anything is sent", () => {
  test.each([
    ["Format: 3.0 (nativ", "it has 18 bytes, not 21"],
    ["Format: 3.0 (NATIVE)\n", "its SHA256 is "],
  ])("content %j", async (content, reason) => {
    writeFileSync(join(cli.dir, "hello_1.0.dsc"), content);
    const { code, err } = await cli.run("dput", instance.url, changes);
    expect([code, err]).toEqual([1, expect.stringContaining(`hello_1.0.dsc differs from`)]);
    expect(err).toContain(reason);
    expect(received()).toEqual([]);
  });
  test("of all uploads before the first is sent, a sentence for each problem", async () => {
    const other = writeUpload(cli.dir, "2.0");
    writeFileSync(join(cli.dir, "hello_1.0.dsc"), "");
    writeFileSync(join(cli.dir, "hello_2.0.dsc"), "");
    const { code, err } = await cli.run("dput", instance.url, changes, other);
    expect([code, err.trimEnd().split("\n").length]).toEqual([1, 2]);
    expect(received()).toEqual([]);
  });
});

describe("what was uploaded is noted", () => {
  test("and not sent again but by force", async () => {
    writeFileSync(join(cli.dir, ".dput.cf"), `[mine]\nmethod=http\nfqdn=${authority()}\nincoming=/upload\n`);
    await cli.run("dput", "mine", changes);
    const log = join(cli.dir, "hello_1.0_source.mine.upload");
    expect(readFileSync(log, "utf8")).toContain("uploaded hello_1.0.dsc to mine.\n");
    const again = await cli.run("dput", "mine", changes);
    expect([again.code, again.err]).toEqual([1, expect.stringContaining("-f does it again")]);
    expect((await cli.run("dput", "-f", "mine", changes)).code).toBe(0);
  });
  test("not when it did not arrive", async () => {
    instance.limitBytes = 10;
    const { code, err } = await cli.run("dput", "local", changes, "--home", instance.home);
    expect([code, err]).toEqual([1, expect.stringContaining("larger than the allowed 10 bytes")]);
    expect(existsSync(join(cli.dir, "hello_1.0_source.local.upload"))).toBe(false);
  });
});

describe("-C waits for the result", () => {
  test.each([
    ["INSTALLED", 0],
    ["FAILED", 5],
    ["REJECTED", 5],
  ] as const)("%s ends with %i", async (type, expected) => {
    instance.complete = () => {
      instance.addEvent({ type: "INSTALLED", upload: 16 });
      instance.addEvent({ type: "PACKAGING", upload: 17 });
      instance.addEvent({ type, upload: 17 });
      return "/uploads/17";
    };
    const { code, out } = await cli.run("dput", "-C", instance.url, changes);
    expect([code, out]).toEqual([expected, expect.stringContaining(type)]);
  });
  test("nobody there ends with 4", async () => {
    expect((await cli.run("dput", "-C", "http://127.0.0.1:1", changes)).code).toBe(4);
  });
});

test("progress is for terminals only", async () => {
  const quiet = await cli.run("dput", instance.url, changes);
  expect(quiet.err).toBe("Sending hello_1.0.dsc\nSending hello_1.0_source.changes\n");
});
