import { expect, test } from "vitest";
import { FAILED_LOG, runningLog } from "../testing/logs.ts";
import { memoryLogs } from "../testing/site.ts";
import { createLogIndex } from "./log-index.ts";
import { readLines, readWindow } from "./log-lines.ts";

const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join("");

test("an unknown log has no summary; an empty one has", async () => {
  const logs = memoryLogs();
  logs.set(2, "", false);
  const index = createLogIndex(logs);

  expect(await index.summary({ build: 1 })).toBeUndefined();
  expect(await index.summary({ build: 2 })).toMatchObject({ lines: 0, sizeBytes: 0, ended: false });
});

test("a log that grows is read on from where it was; an unfinished line counts once the log ended", async () => {
  const logs = memoryLogs();
  logs.set(1, "a\nb\nhalf", false);
  const index = createLogIndex(logs);
  const first = await index.summary({ build: 1 });
  logs.set(1, "a\nb\nhalf a line\nerror: x", true);

  const second = await index.summary({ build: 1 });

  expect(first?.lines).toBe(2);
  expect(second).toMatchObject({ lines: 4, ended: true, findings: [{ line: 4, text: "error: x" }] });
});

test("any window of a long log has the right lines and numbers", async () => {
  const logs = memoryLogs();
  logs.set(1, numbered(30_000), true);
  const summary = await createLogIndex(logs).summary({ build: 1 });
  if (summary === undefined) throw new Error("no log");

  for (const first of [1, 199, 200, 201, 17_345, 29_999]) {
    const window = await readWindow(logs, { build: 1 }, summary, first, 5);
    expect(window.lines.map(({ number, text }) => `${number} ${text}`)).toEqual(
      Array.from(
        { length: Math.min(5, 30_001 - first) },
        (_, index) => `${first + index} line ${first + index}`,
      ),
    );
  }
});

test("following by byte offset gives every line once, and no half ones", async () => {
  const logs = memoryLogs();
  const whole = runningLog(500);
  const seen: string[] = [];
  let at = { nextOffset: 0, nextLine: 1 };
  for (let size = 0; size <= whole.length + 777; size += 777) {
    logs.set(1, whole.slice(0, size), size >= whole.length);
    const more = await readLines(logs, { build: 1 }, at.nextOffset, at.nextLine, 10_000);
    if (more === undefined) throw new Error("no log");
    expect(more.lines[0]?.number ?? at.nextLine).toBe(at.nextLine);
    seen.push(...more.lines.map(({ text }) => text));
    at = more;
  }

  expect(`${seen.join("\n")}\n`).toBe(whole);
});

test("a line longer than one read is given in pieces instead of never", async () => {
  const logs = memoryLogs();
  logs.set(1, "x".repeat(600_000), false);

  const more = await readLines(logs, { build: 1 }, 0, 1, 100);

  expect(more?.nextOffset).toBe(256 * 1024);
});

test("finds the lines that say why, through colours, and leaves harmless ones", async () => {
  const logs = memoryLogs();
  logs.set(1, FAILED_LOG, true);

  const summary = await createLogIndex(logs).summary({ build: 1 });

  expect(summary?.findings.map(({ text }) => text)).toEqual([
    expect.stringContaining("src/wire.c:118:22: error: implicit declaration"),
    expect.stringContaining("make[1]: ***"),
    expect.stringContaining("dh_auto_build: error"),
    expect.stringContaining("make: ***"),
    expect.stringContaining("dpkg-buildpackage: error"),
  ]);
});

test("keeps the first and the last of very many findings", async () => {
  const logs = memoryLogs();
  logs.set(1, Array.from({ length: 5000 }, (_, index) => `error: number ${index + 1}\n`).join(""), true);

  const summary = await createLogIndex(logs).summary({ build: 1 });

  expect(summary?.findings).toHaveLength(20);
  expect(summary?.findings[0]?.line).toBe(1);
  expect(summary?.findings.at(-1)?.line).toBe(5000);
});

test("lines of lintian count between its marks only", async () => {
  const logs = memoryLogs();
  logs.set(
    1,
    "W: not lintian\nMBD-LINTIAN begin new=yes\nW: hello: tag\nE: hello: tag\nMBD-LINTIAN end exit=2\n",
    true,
  );

  const summary = await createLogIndex(logs).summary({ build: 1 });

  expect(summary?.findings.map(({ kind, line }) => `${kind} ${line}`)).toEqual(["lintian 3", "lintian 4"]);
});
