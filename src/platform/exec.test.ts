import { expect, test } from "vitest";
import { exec } from "./exec.ts";
import { processIdentity } from "./processes.ts";

// What the tool left behind holds its output, so the answer would come with the end of that only.
const LEAVES = ["-c", "sleep 30 & echo $!; exit 3"];

test("of a tool with a group of its own nothing is left when it has ended", async () => {
  const result = await exec("sh", LEAVES, { ownGroup: true });

  expect(result).toMatchObject({ exitCode: 3, timedOut: false });
  await expect.poll(() => processIdentity(Number(result.stdout))).toBe(undefined);
});

test("all that it started ends with it at its time limit", async () => {
  const result = await exec("sh", ["-c", "sleep 30 & echo $!; wait"], { ownGroup: true, timeoutMs: 500 });

  expect(result).toMatchObject({ signal: "SIGKILL", timedOut: true });
  await expect.poll(() => processIdentity(Number(result.stdout))).toBe(undefined);
});

test("a namespace that is ended while it is made leaves nothing behind, whenever that is", async () => {
  const namespaces = ["--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--kill-child"];
  for (let ms = 0; ms < 15; ms += 0.1) {
    const job = new AbortController();
    const began = performance.now();
    const ended = exec("unshare", [...namespaces, "--", "sleep", "30"], {
      ownGroup: true,
      signal: job.signal,
    });
    while (performance.now() - began < ms) {
      // Timers know whole milliseconds only.
    }
    job.abort();
    expect(await ended).toMatchObject({ signal: "SIGKILL" });
  }
});
