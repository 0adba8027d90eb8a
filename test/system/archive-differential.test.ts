import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PROGRAM_ENV, run } from "#testing";
import { type RealPackages, realPackages } from "./archive-differential-files.ts";
import { parseContents, parseIndex, readGz, without } from "./archive-differential-indices.ts";

// Three programs index the same real packages: what they say must be the same, field by field. Not compared, as it
// means the same: the order of fields, and blanks at the ends of lines.

/** Of apt-ftparchive; nobody needs stronger sums than SHA-256. */
const STRONGER_SUMS = ["sha512", "checksums-sha512"];
/** Of a source: apt-ftparchive takes them from an override file only, reprepro from the .dsc as we do. */
const FROM_OVERRIDE = ["section", "priority"];

const DISTRIBUTION = "bookworm-diff-unstable";
const PROGRAM = join(dirname(fileURLToPath(import.meta.url)), "../../bin/mini-buildd");

let dir: string;
let real: RealPackages;
/** Directories with the components of each program's distribution; of ours also the root of its pool. */
let ours: string;
let root: string;
let theirs: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "mbd-diff-"));
  real = await realPackages({ debs: 480, udebs: 30, sources: 12 });
  await fillOurs();
  await fillReprepro();
});

afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

async function fillOurs(): Promise<void> {
  const home = join(dir, "home");
  await mkdir(home);
  const archive = (...args: string[]) =>
    run(PROGRAM, ["archive", ...args, "--home", home], { env: { ...PROGRAM_ENV, HOME: dir }, cwd: dir });
  // The others always write weak sums.
  await archive("init", DISTRIBUTION, "--component", "main", "--architecture", "amd64", "--md5", "--sha1");
  const list = join(dir, "list");
  await writeFile(list, [...real.debs, ...real.udebs, ...real.dscs].map((file) => `${file}\n`).join(""));
  await archive("add", DISTRIBUTION, `@${list}`, "--component", "main");
  root = join(home, "repositories/diff");
  ours = join(root, "dists", DISTRIBUTION, "main");
}

async function fillReprepro(): Promise<void> {
  const base = join(dir, "reprepro");
  await mkdir(join(base, "conf"), { recursive: true });
  const settings = [
    ...[
      `Codename: ${DISTRIBUTION}`,
      "Architectures: amd64 source",
      "Components: main",
      "UDebComponents: main",
    ],
    ...["DebIndices: Packages . .gz", "UDebIndices: Packages . .gz", "DscIndices: Sources . .gz"],
    "Contents: .gz udebs",
  ];
  await writeFile(join(base, "conf/distributions"), `${settings.join("\n")}\n`);
  const reprepro = (...args: string[]) =>
    run("reprepro", ["-b", base, "--export=never", ...args], { cwd: dir });
  await reprepro("includedeb", DISTRIBUTION, ...real.debs);
  if (real.udebs.length > 0) await reprepro("includeudeb", DISTRIBUTION, ...real.udebs);
  for (const dsc of real.dscs) await reprepro("includedsc", DISTRIBUTION, dsc);
  await run("reprepro", ["-b", base, "export"], { cwd: dir });
  theirs = join(base, "dists", DISTRIBUTION, "main");
}

/** Looks at our own pool. */
async function ftparchive(command: string): Promise<string> {
  return await run("apt-ftparchive", [command, "pool"], { cwd: root });
}

const INDICES = ["binary-amd64/Packages.gz", "debian-installer/binary-amd64/Packages.gz"] as const;

test("there are packages of all kinds", async () => {
  const packages = [...parseIndex(await readGz(join(ours, INDICES[0]))).values()];

  expect(packages).toHaveLength(real.debs.length);
  expect(real.debs.length + real.udebs.length).toBeGreaterThanOrEqual(480);
  expect(packages.filter(({ architecture }) => architecture === "all").length).toBeGreaterThan(50);
  expect(packages.filter(({ architecture }) => architecture === "amd64").length).toBeGreaterThan(50);
  expect(packages.filter(({ source }) => source?.includes("(")).length).toBeGreaterThan(5);
});

test("Packages says what reprepro says", async () => {
  for (const index of real.udebs.length > 0 ? INDICES : INDICES.slice(0, 1)) {
    const [mine, other] = [await readGz(join(ours, index)), await readGz(join(theirs, index))];

    expect(parseIndex(mine)).toEqual(parseIndex(other));
  }
});

test("Packages says what apt-ftparchive says", async () => {
  // It puts packages of the installer into the same list.
  const indices = real.udebs.length > 0 ? INDICES : INDICES.slice(0, 1);
  const mine = await Promise.all(indices.map((index) => readGz(join(ours, index))));
  const other = parseIndex(await ftparchive("packages"));

  expect(parseIndex(mine.join("\n"))).toEqual(without(other, STRONGER_SUMS));
});

test("Sources says what reprepro and apt-ftparchive say", async () => {
  const mine = parseIndex(await readGz(join(ours, "source/Sources.gz")));
  const reprepro = parseIndex(await readGz(join(theirs, "source/Sources.gz")));
  const other = parseIndex(await ftparchive("sources"));

  expect(mine.size).toBe(real.dscs.length);
  expect(mine.size).toBeGreaterThan(0);
  expect(mine).toEqual(reprepro);
  const left = [...STRONGER_SUMS, ...FROM_OVERRIDE];
  expect(without(mine, FROM_OVERRIDE)).toEqual(without(other, left));
});

test("Contents says what reprepro says", async () => {
  const names = ["Contents-amd64.gz", ...(real.udebs.length > 0 ? ["Contents-udeb-amd64.gz"] : [])];
  for (const name of names) {
    const [mine, other] = [await readGz(join(ours, name)), await readGz(join(theirs, name))];

    expect(parseContents(mine)).toEqual(parseContents(other));
  }
});

test("Contents has the paths and packages that apt-ftparchive finds", async () => {
  // It leaves out sections without an override file, and packages of the installer.
  const mine = parseContents(await readGz(join(ours, "Contents-amd64.gz")), { names: true });
  const other = parseContents(await ftparchive("contents"), { names: true });

  expect(mine.size).toBeGreaterThan(1000);
  expect(mine).toEqual(other);
});
