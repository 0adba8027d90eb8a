import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exec, homeAt } from "#platform";
import {
  createSourceTool,
  ENTRY_FILE,
  prependChangelog,
  readChangelog,
  type SourceTool,
} from "./source-sandbox.ts";

let root: string;
let work: string;
let tool: SourceTool;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "mbd-sandbox-"));
  work = join(root, "work", "port-1");
  await mkdir(join(work, "tree", "debian"), { recursive: true });
  await mkdir(join(root, "gnupg"));
  await writeFile(join(root, "gnupg", "secret"), "secret");
  tool = createSourceTool(exec, homeAt(root));
});
afterEach(() => rm(root, { recursive: true }));

test("a plain changelog is read, and the entry put in front of it", async () => {
  await writeFile(join(work, "tree", "debian", "changelog"), "old\n");
  await writeFile(join(work, ENTRY_FILE), "new\n");

  await prependChangelog(tool, work);

  expect(await readChangelog(tool, work)).toBe("new\nold\n");
});

describe("nothing of the home is in sight", () => {
  test("neither by its path nor through a link in the tree", async () => {
    await symlink(join(root, "gnupg", "secret"), join(work, "tree", "debian", "changelog"));
    await writeFile(join(work, ENTRY_FILE), "new\n");

    await expect(tool(work, ".", ["cat", join(root, "gnupg", "secret")])).rejects.toThrow("No such file");
    await expect(readChangelog(tool, work)).rejects.toMatchObject({ code: "tool_failed" });
    await expect(prependChangelog(tool, work)).rejects.toMatchObject({ code: "tool_failed" });
    expect(await readFile(join(root, "gnupg", "secret"), "utf8")).toBe("secret");
  });

  test("nor through a link in place of debian/", async () => {
    await rm(join(work, "tree", "debian"), { recursive: true });
    await writeFile(join(root, "gnupg", "changelog"), "secret");
    await symlink(join(root, "gnupg"), join(work, "tree", "debian"));

    await expect(readChangelog(tool, work)).rejects.toMatchObject({ code: "tool_failed" });
  });
});

test("there is no network but loopback", async () => {
  const { stdout } = await tool(work, ".", ["cat", "/proc/net/dev"]);

  expect(stdout.match(/^ *(\w+):/gm)?.map((name) => name.trim())).toEqual(["lo:"]);
});
