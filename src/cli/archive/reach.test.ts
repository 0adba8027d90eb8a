import type { Stats } from "node:fs";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { reachOf } from "./reach.ts";

const USER = { uid: 1000, gid: 1001 };

function inRoot(): string {
  const root = mkdtempSync(join(tmpdir(), "mbd-reach-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, "etc"));
  return root;
}

/** What is said of a file that is root's but for what is given. */
function fileWith(given: { uid?: number; gid?: number; mode?: number }): Stats {
  return Object.assign(statSync(import.meta.filename), { uid: 0, gid: 0, mode: 0o100644 }, given);
}

test("in reach is what a user made, or may write", () => {
  const isInReach = reachOf(USER, [7], inRoot());
  const cases = [
    [{}, false],
    [{ uid: 1000 }, true],
    [{ uid: 1001 }, false],
    [{ mode: 0o100646 }, true],
    [{ mode: 0o101646 }, true],
    [{ mode: 0o041777 }, false],
    [{ mode: 0o040777 }, true],
    [{ gid: 1001 }, false],
    [{ gid: 1001, mode: 0o100664 }, true],
    [{ gid: 7, mode: 0o100664 }, true],
    [{ gid: 8, mode: 0o100664 }, false],
  ] as const;
  expect(cases.map(([given]) => isInReach(fileWith(given)))).toEqual(cases.map(([, is]) => is));
});

test("subordinate ids are a user's too, whoever has them", () => {
  const root = inRoot();
  writeFileSync(join(root, "etc/subuid"), "other:100000:65536\n\n# nonsense\n1000:300000:10\n");
  writeFileSync(join(root, "etc/subgid"), "other:500000:2\n");
  const isInReach = reachOf(USER, [], root);
  const uids = [0, 99_999, 100_000, 165_535, 165_536, 300_009, 300_010];
  expect(uids.filter((uid) => isInReach(fileWith({ uid })))).toEqual([100_000, 165_535, 300_009]);
  const gids = [500_000, 500_001, 500_002];
  expect(gids.filter((gid) => isInReach(fileWith({ gid, mode: 0o100664 })))).toEqual([500_000, 500_001]);
});
