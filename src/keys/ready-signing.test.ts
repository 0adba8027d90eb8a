import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Exec, exec, type Home, homeAt, prepareHome, systemClock } from "#platform";
import { type InstanceKey, openInstanceKey } from "./instance-key.ts";

const run = promisify(execFile);
const TEXT = "Suite: bookworm-test-unstable\n";

let home: Home;
let key: InstanceKey;
/** Signals of gpgs that were started before there was a text, in order. */
let waiting: AbortSignal[];
let started = 0;
let onWaiting: () => void;

const recording: Exec = (file, args, options) => {
  started += 1;
  if (options?.input instanceof Promise && options.signal !== undefined) {
    waiting.push(options.signal);
    onWaiting();
  }
  return exec(file, args, options);
};

beforeEach(async () => {
  home = homeAt(mkdtempSync(join(tmpdir(), "mbd-ready-")));
  await prepareHome(home);
  waiting = [];
  onWaiting = () => undefined;
  key = await openInstanceKey({
    ...{ home, exec: recording, identity: "acme", hostname: "acme.example.org", clock: systemClock },
  });
});

afterEach(async () => {
  await key.close();
  rmSync(home.root, { recursive: true });
});

/** Signs once; afterwards a gpg waits for the next text. */
async function signOnce(): Promise<void> {
  const ready = new Promise<void>((resolve) => {
    onWaiting = resolve;
  });
  await key.detachSign("first\n");
  await ready;
}

async function verify(signature: string): Promise<string> {
  const path = (name: string) => join(home.root, name);
  writeFileSync(path("key.gpg"), key.publicKeyBinary());
  writeFileSync(path("text"), TEXT);
  writeFileSync(path("text.gpg"), signature);
  await run("gpgv", ["--keyring", path("key.gpg"), path("text.gpg"), path("text")]);
  const { stdout } = await run("gpg", ["--list-packets", path("text.gpg")]);
  return stdout;
}

test("the second signature starts nothing, and its time is that of signing", async () => {
  await signOnce();
  const before = started;
  await delay(1100);
  const earliest = Math.floor(Date.now() / 1000);

  const signature = await key.detachSign(TEXT);

  expect(started).toBe(before);
  const packets = await verify(signature);
  expect(Number(/created (\d+)/.exec(packets)?.[1])).toBeGreaterThanOrEqual(earliest);
});

test("more at once than wait are signed as well", async () => {
  await signOnce();

  const signatures = await Promise.all([1, 2, 3].map(() => key.detachSign(TEXT)));

  for (const signature of signatures) await verify(signature);
});

test("one that was killed while it waited is replaced", async () => {
  await signOnce();
  const { stdout } = await run("pgrep", ["-f", `homedir ${home.gnupg}.*--detach-sign`]);
  for (const pid of stdout.trim().split("\n")) process.kill(Number(pid), "SIGKILL");

  await verify(await key.detachSign(TEXT));
});

test("closing ends who waits", async () => {
  await signOnce();

  await key.close();

  expect(waiting.at(-1)?.aborted).toBe(true);
  await expect(run("pgrep", ["-f", `homedir ${home.gnupg}`])).rejects.toMatchObject({ code: 1 });
});
