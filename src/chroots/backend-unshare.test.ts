import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Exec, homeAt, prepareHome } from "#platform";
import { checkUnshare } from "./backend-unshare.ts";

let root: string;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "mbd-unshare-"));
  chmodSync(root, 0o755);
  await prepareHome(homeAt(join(root, "home")));
  for (const tool of ["mmdebstrap", "newuidmap", "newgidmap", "zstd", "tar", "ip"]) {
    write(`usr/bin/${tool}`, "");
    chmodSync(join(root, "usr/bin", tool), 0o755);
  }
  for (const file of ["etc/subuid", "etc/subgid"]) write(file, "other:1:65536\nbuilder:100000:65536\n");
});

afterEach(() => rmSync(root, { recursive: true }));

function write(name: string, text: string): void {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), text);
}

function check(helperWorks: boolean, uid = 1000): Promise<string[]> {
  const exitCode = helperWorks ? 0 : 1;
  const exec: Exec = async () => ({
    exitCode,
    stdout: "",
    stderr: "x\nnewuidmap: failed\n",
    timedOut: false,
  });
  return checkUnshare({ exec, home: homeAt(join(root, "home")), user: { name: "builder", uid }, root });
}

test("nothing to say when the helper works", async () => {
  expect(await check(true)).toEqual([]);
});

test("names the missing program and its package", async () => {
  rmSync(join(root, "usr/bin/newuidmap"));

  expect(await check(false)).toEqual(["The program 'newuidmap' is missing; install the package uidmap."]);
});

test("names the missing range", async () => {
  write("etc/subuid", "builder:100000:1000\n");

  expect(await check(false)).toEqual([
    "User 'builder' has no range of 65536 ids in /etc/subuid; give it one with 'usermod --add-subuids FIRST-LAST builder'.",
  ]);
});

test("a range may be given to the number of the user", async () => {
  write("etc/subuid", "1000:100000:65536\n");

  expect(await check(false)).toEqual(["User namespaces do not work for user 'builder': newuidmap: failed."]);
});

test("names the setting of the kernel", async () => {
  write("proc/sys/user/max_user_namespaces", "0\n");

  expect((await check(false)).join()).toContain("sysctl -w user.max_user_namespaces=10000");
});

test("names directories that nobody else can pass", async () => {
  chmodSync(join(root, "home"), 0o700);

  expect(await check(true)).toEqual([expect.stringContaining(`chmod o+x ${join(root, "home")}`)]);
});

test("refuses root", async () => {
  expect((await check(true, 0)).join()).toContain("runs as root");
});
