import { beforeEach, expect, test } from "vitest";
import { createTestCli, startTestInstance, type TestCli } from "./testing.ts";
import { writeUpload } from "./testing-upload.ts";

let cli: TestCli;
let instance: Awaited<ReturnType<typeof startTestInstance>>;

beforeEach(async () => {
  cli = createTestCli();
  instance = await startTestInstance();
});

const submit = (...more: string[]) =>
  cli.run("submit", writeUpload(cli.dir), "--home", instance.home, ...more);

test("sends all files in one session, the .changes last, and tells when it was accepted", async () => {
  instance.complete = () => {
    instance.addEvent({ type: "REJECTED", upload: 16, message: "another one" });
    instance.addEvent({
      type: "PACKAGING",
      upload: 17,
      source: "hello",
      version: "1.0",
      message: "1 build",
    });
    return "/uploads/17";
  };
  const { code, out, err } = await submit();
  expect([code, out]).toEqual([0, expect.stringMatching(/^\S+ PACKAGING: hello 1\.0: 1 build\n$/)]);
  expect(err).toBe("Sending hello_1.0.dsc\nSending hello_1.0_source.changes\n");
  const [session] = [...instance.uploads.entries()];
  expect(session?.[0]).toMatch(/^[A-Za-z0-9_-]{32}$/);
  expect([...(session?.[1].keys() ?? [])]).toEqual(["hello_1.0.dsc", "hello_1.0_source.changes"]);
});

test.each([
  ["INSTALLED", 0],
  ["FAILED", 1],
  ["CANCELLED", 1],
] as const)("--wait until %s ends with %i", async (type, expected) => {
  instance.complete = () => {
    instance.addEvent({ type: "PACKAGING", upload: 17 });
    instance.addEvent({ type: "BUILT", upload: 17, arch: "amd64", data: { state: "FAILED" } });
    instance.addEvent({ type: "CANCELLED", upload: 17, arch: "arm64" });
    instance.addEvent({ type, upload: 17 });
    return "/uploads/17";
  };
  expect((await submit("--wait")).code).toBe(expected);
});

test("rejected ends with 1", async () => {
  instance.complete = () => {
    instance.addEvent({ type: "REJECTED", upload: 17, message: "not signed" });
    return "/uploads/17";
  };
  expect(await submit()).toMatchObject({ code: 1, out: expect.stringContaining("REJECTED: not signed") });
});

test("errors end with 2, in the instance's words", async () => {
  instance.limitBytes = 100;
  expect(await submit()).toMatchObject({
    code: 2,
    err: expect.stringContaining("larger than the allowed 100 bytes."),
  });
  instance.limitBytes = 1_000_000;
  expect(await submit()).toMatchObject({ code: 2, err: expect.stringContaining("is not complete") });
  expect((await cli.run("submit", "/nope/hello_1.0_source.changes", "--home", instance.home)).code).toBe(2);
  expect((await cli.run("submit", "/etc/passwd", "--home", instance.home)).code).toBe(2);
  expect((await cli.run("submit", writeUpload(cli.dir), "--home", cli.dir)).code).toBe(2);
  expect((await cli.run("submit")).code).toBe(2);
});
