import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { systemOwner } from "../owner.ts";
import { listsFor } from "./file-names.ts";

/** The owner of the home; nobody knows that user by name. */
const USER = { uid: 64_123, gid: 64_124 };

/** A directory of root, in it one of the user, and a list that only root may read. */
function makeTree() {
  const dir = mkdtempSync(join(tmpdir(), "mbd-lists-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  chmodSync(dir, 0o755);
  const theirs = join(dir, "theirs");
  mkdirSync(theirs);
  chownSync(theirs, USER.uid, USER.gid);
  const list = join(dir, "list");
  writeFileSync(list, "a.deb\n", { mode: 0o600 });
  return { theirs, list };
}

describe.runIf(process.getuid?.() === 0)("a list of names that root reads for the owner of a home", () => {
  test("is root's where nothing on the way to it is the owner's", async () => {
    expect(await listsFor(systemOwner, USER)(makeTree().list)).toBe("a.deb\n");
  });

  test("is what the owner may read where the owner could have led root there", async () => {
    const { theirs, list } = makeTree();
    const read = listsFor(systemOwner, USER);
    const [link, own] = [join(theirs, "link"), join(theirs, "own")];
    symlinkSync(list, link);
    writeFileSync(own, "b.deb\n", { mode: 0o644 });

    await expect(read(link)).rejects.toThrow("Permission denied");
    expect(await read(own)).toBe("b.deb\n");
  });

  test("is anything where it is root's own home", async () => {
    const { theirs, list } = makeTree();
    symlinkSync(list, join(theirs, "link"));

    expect(await listsFor(systemOwner, undefined)(join(theirs, "link"))).toBe("a.deb\n");
  });
});
