import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const run = promisify(execFile);
const DIR = join(import.meta.dirname, "../../docs/man");
const PAGES = readdirSync(DIR).filter((name) => name.endsWith(".1"));

test("the commands that have much to tell have a page of their own", () => {
  const commands = ["api", "archive", "bootstrap-apt", "dput", "events"];
  expect(PAGES.toSorted()).toEqual([...commands.map((name) => `mini-buildd-${name}.1`), "mini-buildd.1"]);
});

describe.each(PAGES)("%s", (name) => {
  test("mandoc has nothing to warn of", async () => {
    const { stdout } = await run("mandoc", ["-Tlint", "-W", "warning", join(DIR, name)]);
    expect(stdout).toBe("");
  });
  test("nor has groff", async () => {
    const { stderr } = await run("groff", ["-ww", "-man", "-Tutf8", "-z", join(DIR, name)]);
    expect(stderr).toBe("");
  });
});
