import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSqlite } from "#db";
import { createBlobStore, exec, execOk, silentLog, systemClock } from "#platform";
import { bundleProgram } from "#testing";
import { createPackageFactory, type PackageFactory } from "../package-support.ts";
import { ensureDistribution } from "../suites/index.ts";
import type { ImportReport } from "./index.ts";

const TARGET = "bookworm-test-unstable";
let dir: string;
let factory: PackageFactory;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "mbd-import-kill-"));
  factory = createPackageFactory();
});
afterEach(() => {
  factory.close();
  rmSync(dir, { recursive: true });
});

async function makeHome(): Promise<string> {
  const home = join(dir, "home");
  mkdirSync(home);
  const db = await openSqlite(join(home, "mini-buildd.sqlite"));
  const deps = { queue: { enqueue: async () => undefined }, clock: systemClock, log: silentLog };
  const words = { origin: "test", description: "test", notAutomatic: false, butAutomaticUpgrades: false };
  await db.write((tx) =>
    ensureDistribution(deps, tx, {
      ...words,
      repository: "test",
      name: TARGET,
      kind: "live",
      components: ["main"],
      architectures: ["amd64"],
      rollbacks: 0,
      sourcesPerComponent: 1,
    }),
  );
  await db.close();
  return home;
}

async function makeRepository(names: readonly string[]): Promise<string> {
  const base = join(dir, "reprepro");
  mkdirSync(join(base, "conf"), { recursive: true });
  const conf = "Codename: stable\nArchitectures: amd64\nComponents: main\n";
  writeFileSync(join(base, "conf/distributions"), conf);
  for (const name of names) {
    const deb = await factory.deb({ Package: name, Version: "1", Architecture: "amd64" });
    await execOk(exec, "reprepro", ["-b", base, "includedeb", "stable", deb]);
  }
  return base;
}

/** Runs an import; killed when it says that this many packages are done. Returns what it said last. */
async function runImport(program: string, args: readonly string[], killAt: number): Promise<string> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let last = "";
  createInterface({ input: child.stdout }).on("line", (line) => {
    last = line;
    if (line === `files ${killAt}`) child.kill("SIGKILL");
  });
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  expect([code, signal]).toEqual(killAt > 0 ? [null, "SIGKILL"] : [0, null]);
  return last;
}

test("killed again and again, an import goes on where it was", { timeout: 120_000 }, async () => {
  const names = ["aa", "bb", "cc", "dd", "ee", "ff"];
  const location = await makeRepository(names);
  const home = await makeHome();
  const program = await bundleProgram("src/archive/import/import-program.ts", dir);
  const args = [home, location, TARGET];

  await runImport(program, args, 1);
  await runImport(program, args, 2);
  const report = JSON.parse(await runImport(program, args, 0)) as ImportReport;

  const db = await openSqlite(join(home, "mini-buildd.sqlite"));
  const rows = await db.read
    .selectFrom("membership as m")
    .innerJoin("package as p", "p.id", "m.package_id")
    .select("p.name")
    .orderBy("p.name")
    .execute();
  const files = await db.read.selectFrom("pool_file").selectAll().execute();
  await db.close();
  expect(rows.map(({ name }) => name)).toEqual(names);
  expect(report.alreadyThere).toBeGreaterThanOrEqual(3);
  expect(report.refused).toEqual([]);
  const blobs = createBlobStore(join(home, "store"));
  for (const { sha256, size } of files) expect(await blobs.verify({ sha256, sizeBytes: size })).toBe(true);
});
