import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exec } from "#platform";
import { PREPARE, sbuildEnv } from "./sbuild-env.ts";

/** What sbuild 0.89 asks for, and what comes of it: the program here only says how it was called. */

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "mbd-env-"));
});
afterEach(() => rm(dir, { recursive: true }));

async function call(...words: string[]) {
  const program = join(dir, "usernsexec");
  await place(program, '#!/bin/sh\necho "$NAME"\nprintf "%s\\n" "$@"\n');
  const helper = join(dir, "env");
  await place(helper, sbuildEnv(program));
  const ran = await exec(helper, ["NAME=some one", ...words.map((word) => word.replace("PROGRAM", program))]);
  const { exitCode } = ran;
  const lines = ran.stdout.toString().trimEnd().split("\n");
  return { exitCode, lines, error: ran.stderr.toString(), sh: join(dir, "sh") };
}

async function place(path: string, text: string): Promise<void> {
  await writeFile(path, text);
  await chmod(path, 0o755);
}

const MAPS = ["u:0:100000:65536", "g:0:100000:65536"];
const COMMAND = ["/bed", "builder", "/build", "/overlay", "/run/mini-buildd", "--", "dpkg", "-l"];
const NAMESPACES = ["unshare", "--mount", "--pid", "--uts", "--ipc"];

describe("env, as sbuild 0.86 and newer call it", () => {
  test("a command in the chroot goes through our sh, in the same namespaces", async () => {
    const { lines, sh } = await call("PROGRAM", "--pivotroot", "--nosetsid", ...MAPS, ...COMMAND);
    const words = [...NAMESPACES, "--fork", "--kill-child", sh, "-c", PREPARE.online, "--", ...COMMAND];
    expect(lines).toEqual(["some one", ...MAPS, "--", ...words]);
  });

  test("without a network, when that is asked for", async () => {
    const { lines, sh } = await call("PROGRAM", "--pivotroot", "--32bit", "--nonet", ...MAPS, ...COMMAND);
    const words = [
      ...NAMESPACES,
      "--net",
      "--fork",
      "--kill-child",
      "setsid",
      sh,
      "-c",
      PREPARE.offline,
      "--",
    ];
    expect(lines).toEqual(["some one", ...MAPS, "--", ...words, ...COMMAND]);
  });

  test("what is not in a chroot runs as it is called", async () => {
    const words = [...MAPS, "--", "tar", "--nonet"];
    expect((await call("PROGRAM", ...words)).lines).toEqual(["some one", ...words]);
  });

  test("and so does any other program", async () => {
    const { lines, exitCode } = await call("sh", "-c", 'echo "$NAME, $1"', "--", "--nonet");
    expect({ lines, exitCode }).toEqual({ lines: ["some one, --nonet"], exitCode: 0 });
  });

  test("nothing runs with an option whose meaning is not known", async () => {
    const { lines, error, exitCode } = await call("PROGRAM", "--root-of-all", ...MAPS, ...COMMAND);
    expect(exitCode).not.toBe(0);
    expect(lines).toEqual([""]);
    expect(error).toMatch(/^mini-buildd: .* has an option that is not known here: --root-of-all\n$/);
  });
});
