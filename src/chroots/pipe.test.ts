import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { pipe } from "./pipe.ts";

const dir = mkdtempSync(join(tmpdir(), "mbd-pipe-"));
const options = (signal = AbortSignal.timeout(10_000)) => ({ env: { GREETING: "hello" }, cwd: dir, signal });
const sh = (script: string): string[] => ["sh", "-c", script];

afterAll(() => rmSync(dir, { recursive: true }));

test("the second reads what the first writes", async () => {
  await pipe(sh('echo "$GREETING"; seq 100000'), sh("cat >out"), options());

  const lines = readFileSync(join(dir, "out"), "utf8").split("\n");
  expect([lines.length, lines[0], lines.at(-2)]).toEqual([100_002, "hello", "100000"]);
});

test("either one failing is a failure with its own words", async () => {
  await expect(
    pipe(sh("echo one; echo 'E: no archive' >&2; echo x >&2; exit 3"), sh("cat"), options()),
  ).rejects.toThrow("sh ended with 3: E: no archive");
  await expect(pipe(sh("seq 1000000"), sh("echo full >&2; exit 4"), options())).rejects.toThrow(
    /sh ended with/,
  );
  await expect(pipe(["/nonexistent"], sh("cat"), options())).rejects.toThrow("ENOENT");
});

test("aborting ends the whole first group", async () => {
  const controller = new AbortController();
  const running = pipe(sh("echo started >begun; sleep 600 | cat"), sh("cat"), options(controller.signal));
  const failed = expect(running).rejects.toThrow("stop now");

  while (!readSafely("begun").includes("started")) await new Promise((resolve) => setImmediate(resolve));
  controller.abort(new Error("stop now"));

  await failed;
});

function readSafely(name: string): string {
  try {
    return readFileSync(join(dir, name), "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}
