import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { type ProcessOwner, systemOwner } from "../owner.ts";
import { handOver } from "./hand-over.ts";

/** Whose home it is; nobody knows that user by name. */
const USER = { uid: 64_123, gid: 64_124 };
const FURTHER_GROUP = 64_125;

/** Root's, for all to look into; a secret of root, and a directory of the user. */
let dir: string;
let home: string;
let secret: string;
let theirs: string;
/** Done before the first copy is made. */
let meanwhile: () => void;
/** Those of the user, if not what the system says. */
let groups: string;

const owner: ProcessOwner = {
  ...systemOwner,
  run(user, command, input) {
    if (groups !== "" && command.some((word) => word.includes("id -G"))) return groups;
    if (command.some((word) => word.includes("mkdir --"))) meanwhile();
    return systemOwner.run(user, command, input);
  },
};

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "mbd-hand-over-"));
  chmodSync(dir, 0o755);
  onTestFinished(() => rmSync(dir, { recursive: true }));
  home = directory("home", USER);
  theirs = directory("theirs", USER);
  secret = join(directory("closed", { mode: 0o700 }), "secret.deb");
  writeFileSync(secret, "secret");
  meanwhile = () => undefined;
  groups = "";
});

function directory(name: string, { uid = 0, gid = 0, mode = 0o755 } = {}): string {
  const path = join(dir, name);
  mkdirSync(path);
  chownSync(path, uid, gid);
  chmodSync(path, mode);
  return path;
}

/** A link, root's unless it lies in the user's directory. */
function link(path: string, target: string): string {
  symlinkSync(target, path);
  if (path.startsWith(theirs)) lchownSync(path, USER.uid, USER.gid);
  return path;
}

/** The texts of copies that were made, by name, once they were seen to be the user's alone; nothing of files left. */
async function copied(...files: string[]): Promise<Record<string, string>> {
  const handed = await handOver(owner, USER, home, files);
  const copies = handed.files.filter((name, index) => name !== files[index]);
  for (const copy of copies) expect(statSync(copy)).toMatchObject({ uid: USER.uid, mode: 0o100600 });
  const texts = Object.fromEntries(copies.map((copy) => [basename(copy), readFileSync(copy, "utf8")]));
  handed.remove();
  for (const copy of copies) expect(() => statSync(copy)).toThrow("ENOENT");
  return texts;
}

/** What a file descriptor of this process is; nothing when it was closed meanwhile. */
function openAs(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return "";
  }
}

const isRoot = process.getuid?.() === 0;

describe.runIf(isRoot)("root hands over", () => {
  test("what the owner of the home cannot read; the rest stays where it is", async () => {
    const open = join(dir, "open.deb");
    writeFileSync(open, "open");
    const missing = join(dir, "missing.deb");
    expect(await copied(open, secret, missing)).toEqual({ "secret.deb": "secret" });
  });
  test("what links of root lead to, however they are written", async () => {
    link(join(dir, "absolute.deb"), `/${secret}`);
    link(join(dir, "relative.deb"), "./closed//secret.deb");
    link(join(dir, "above-all.deb"), `/../..${secret}`);
    link(join(dir, "up"), "closed/../closed/..");
    link(join(dir, "last.deb"), join(dir, "up/relative.deb"));
    const names = ["absolute.deb", "relative.deb", "above-all.deb", "last.deb", "up/closed/secret.deb"];
    const all = Object.fromEntries(names.map((name) => [basename(name), "secret"]));
    expect(await copied(...names.map((name) => join(dir, name)))).toEqual(all);
  });
  test("together with what is listed, except what the owner could have led to", async () => {
    const closed = join(dir, "closed");
    const changes = join(closed, "hello_1_amd64.changes");
    const names = ["hello_1_all.deb", "hello-doc_1_all.deb", "hello-dev_1_all.deb", basename(changes)];
    const list = (sum: string) => names.map((name) => ` ${sum} ${name}`).join("\n");
    writeFileSync(
      changes,
      `Format: 1.8
Source: hello
Architecture: all
Version: 1
Distribution: unstable
Maintainer: A Tester <tester@example.org>
Changes: none
Checksums-Sha256:
${list(`${"a".repeat(64)} 1`)}
Files:
${list(`${"a".repeat(32)} 1 misc optional`)}
`,
    );
    writeFileSync(join(closed, "hello_1_all.deb"), "hello");
    link(join(closed, "hello-doc_1_all.deb"), link(join(theirs, "x"), secret));
    const handed = await handOver(owner, USER, home, [changes]);
    const [copy = ""] = handed.files;
    expect(readdirSync(dirname(copy)).sort()).toEqual(["hello_1_all.deb", "hello_1_amd64.changes"]);
    handed.remove();
  });
});

describe.runIf(isRoot)("the owner of the home leads root nowhere", () => {
  test("by a link, or a directory, of that user", async () => {
    const plain = link(join(theirs, "plain.deb"), secret);
    link(join(theirs, "closed"), join(dir, "closed"));
    expect(await copied(plain, join(theirs, "closed/secret.deb"))).toEqual({});
  });
  test("by a link that a link of root leads to", async () => {
    const last = link(join(dir, "last.deb"), link(join(theirs, "x"), secret));
    const first = link(join(dir, "first.deb"), "last.deb");
    expect(await copied(last, first)).toEqual({});
  });
  test("by a link to a directory in the middle of the way", async () => {
    link(join(theirs, "x"), join(dir, "closed"));
    link(join(dir, "middle"), "theirs/x");
    link(join(dir, "beyond.deb"), join(theirs, "x/secret.deb"));
    expect(await copied(join(dir, "middle/secret.deb"), join(dir, "beyond.deb"))).toEqual({});
  });
  test("by a directory of that user in the middle of the way, though root's link lies in it", async () => {
    symlinkSync(secret, join(theirs, "roots"));
    expect(await copied(link(join(dir, "x.deb"), "theirs/roots"))).toEqual({});
  });
  test.each([
    ["its first group", USER.gid, 0o775],
    ["another group", FURTHER_GROUP, 0o775],
    ["everybody", 0, 0o777],
  ])("by a link where %s may write", async (_, gid, mode) => {
    groups = `${USER.gid} ${FURTHER_GROUP}\n`;
    const shared = directory("shared", { gid, mode });
    const through = link(join(dir, "x.deb"), link(join(shared, "x"), secret));
    expect(await copied(through)).toEqual({});
    // There nobody takes another one's place.
    chmodSync(shared, 0o1000 | mode);
    expect(await copied(through)).toEqual({ "x.deb": "secret" });
    lchownSync(join(shared, "x"), USER.uid, USER.gid);
    expect(await copied(through)).toEqual({});
  });
  test("where a group may write that is not that user's", async () => {
    groups = `${USER.gid}\n`;
    const shared = directory("shared", { gid: FURTHER_GROUP, mode: 0o775 });
    expect(await copied(link(join(shared, "x.deb"), secret))).toEqual({ "x.deb": "secret" });
  });
  test("by links without end", async () => {
    const loop = link(join(dir, "loop.deb"), "loop.deb");
    link(join(dir, "0.deb"), "closed/secret.deb");
    for (let number = 1; number < 41; number++)
      link(join(dir, `${number}.deb`), join(dir, `${number - 1}.deb`));
    expect(await copied(loop, join(dir, "40.deb"), join(dir, "39.deb"))).toEqual({ "39.deb": "secret" });
  });
  test("by what is put in a file's place meanwhile", async () => {
    const file = join(dir, "file.deb");
    writeFileSync(file, "mine", { mode: 0o600 });
    meanwhile = () => renameSync(link(join(theirs, "x"), secret), file);
    await expect(handOver(owner, USER, home, [file])).rejects.toThrow(
      `Argument 'file': ${file} cannot be copied for the owner of the home: it is not what it was a moment ago.`,
    );
  });
  test("and nothing that was opened on the way stays open", async () => {
    const open = () =>
      readdirSync("/proc/self/fd")
        .map(openAs)
        .filter((path) => path === "/" || path.startsWith(dir));
    const before = open();
    const loop = link(join(dir, "loop.deb"), "loop.deb");
    await copied(secret, loop, join(dir, "missing.deb"), join(theirs, "x/y"), dir, "/");
    expect(open()).toEqual(before);
  });
});
