import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lintianOf } from "./lintian-step.ts";

let workDir: string;
beforeEach(() => {
  workDir = mkdtempSync(join(tmpdir(), "mbd-lintian-"));
  for (const name of ["out", "src"]) mkdirSync(join(workDir, name));
});
afterEach(() => rmSync(workDir, { recursive: true }));

const lintian = { argv: ["unshare", "lintian"], env: { HOME: "/tmp" } };
const leave = (path: string) => writeFileSync(join(workDir, path), "");

test("lintian reads the .changes of the build and the .dsc, where it sees them", () => {
  for (const path of ["out/a_1~x_amd64.changes", "out/a_1~x_amd64.deb", "src/a_1~x.dsc", "src/a_1.tar.xz"])
    leave(path);

  const command = lintianOf(workDir, { lintian });

  expect(command?.argv).toEqual(["unshare", "lintian", "/run/out/a_1~x_amd64.changes", "/run/src/a_1~x.dsc"]);
  expect(command?.env).toEqual({ HOME: "/tmp" });
});

test("it does not run when nothing asks for it", () => {
  for (const path of ["out/a_1_amd64.changes", "src/a_1.dsc"]) leave(path);

  expect(lintianOf(workDir, {})).toBeUndefined();
});

test.each([[[]], [["out/a_1_amd64.changes", "out/b_1_amd64.changes"]], [["out/--evil.changes"]]])(
  "it does not run on %j, which is refused anyway",
  (names) => {
    for (const path of ["src/a_1.dsc", ...names]) leave(path);

    expect(lintianOf(workDir, { lintian })).toBeUndefined();
  },
);
