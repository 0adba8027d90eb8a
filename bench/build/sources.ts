import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Instance, listedFiles, type Packages, run, SANDBOX } from "#testing";

/** A source package of the Debian archive, as it is fetched once. */
export interface DebianSource {
  readonly name: string;
  readonly version: string;
  readonly dir: string;
  readonly dsc: string;
}

/** An upload made of one, for one run. */
export interface Upload {
  readonly source: string;
  readonly version: string;
  readonly dir: string;
  readonly dsc: string;
  /** Absolute paths, the .changes last. */
  readonly files: readonly string[];
}

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** The line of sources.list(5) for the archive that an instance builds from. */
export function aptLine({ archive, codename }: Instance, type: "deb" | "deb-src"): string {
  return `${type} [signed-by=${KEYRING}] ${archive} ${codename} main`;
}

/** Fetches source packages of the release with an apt of its own, which believes only the archive's key. */
export async function fetchSources(
  instance: Instance,
  names: readonly string[],
  base: string,
): Promise<DebianSource[]> {
  const apt = join(base, "apt");
  for (const dir of ["lists/partial", "cache/archives/partial"])
    await mkdir(join(apt, dir), { recursive: true });
  await writeFile(join(apt, "sources.list"), `${aptLine(instance, "deb-src")}\n`);
  const parts = [
    "parts",
    "main",
    "preferences",
    "preferencesparts",
    "trusted",
    "trustedparts",
    "sourceparts",
  ];
  const config = [
    ...parts.map((name) => `Dir::Etc::${name} "/dev/null";`),
    `Dir::Etc::sourcelist "${apt}/sources.list";`,
    ...[`Dir::State "${apt}";`, `Dir::State::lists "${apt}/lists";`, `Dir::Cache "${apt}/cache";`],
    ...['Dir::State::status "/dev/null";', 'Acquire::Languages "none";', 'APT::Sandbox::User "root";'],
  ];
  await writeFile(join(apt, "apt.conf"), `${config.join("\n")}\n`);
  const env = { APT_CONFIG: join(apt, "apt.conf") };
  await run("apt-get", ["-q", "update"], { env });
  const found: DebianSource[] = [];
  for (const name of names) {
    const dir = join(base, "debian", name);
    await mkdir(dir, { recursive: true });
    await run("apt-get", ["-q", "source", "--download-only", name], { env, cwd: dir });
    const dsc = (await readdir(dir)).find((file) => file.endsWith(".dsc"));
    if (dsc === undefined) throw new Error(`there is no source package ${name}`);
    const version = /^Version: (.+)$/m.exec(await readFile(join(dir, dsc), "utf8"))?.[1] ?? "";
    found.push({ name, version, dir, dsc: join(dir, dsc) });
  }
  return found;
}

/** The source with a changelog entry on top, as an upload to the sandbox; lintian runs, and decides nothing. */
export async function makeUpload(
  source: DebianSource,
  packages: Packages,
  revision: number,
): Promise<Upload> {
  const dir = await packages.dir();
  const version = packages.version(source.version, SANDBOX, revision);
  for (const file of await readdir(source.dir)) await cp(join(source.dir, file), join(dir, file));
  const tree = join(dir, "tree");
  await run("dpkg-source", ["--no-check", "-x", source.dsc, tree], { cwd: dir });
  const changelog = join(tree, "debian/changelog");
  const lines = ["MINI_BUILDD_OPTION: lintian-mode=IGNORE", "Built again."];
  const entry = `${source.name} (${version}) ${packages.distribution()}; urgency=medium

${lines.map((line) => `  * ${line}\n`).join("")}
 -- A Tester <tester@example.org>  Mon, 01 Jan 2024 12:00:00 +0000

`;
  await writeFile(changelog, entry + (await readFile(changelog, "utf8")));
  await run("dpkg-source", ["-b", "tree"], { cwd: dir });
  const stem = `${source.name}_${version.replace(/^\d+:/, "")}`;
  const changes = join(dir, `${stem}_source.changes`);
  await run("dpkg-genchanges", ["-S", "-sa", `-O${changes}`], { cwd: tree });
  const files = [...(await listedFiles(changes)).map((file) => join(dir, file)), changes];
  return { source: source.name, version, dir, dsc: join(dir, `${stem}.dsc`), files };
}
