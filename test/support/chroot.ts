import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cached, today } from "./cache.ts";
import { CLEAN_ENV, type Ran, run, tryRun } from "./tools.ts";

/** A Debian to install packages in, with the network of this machine. */
export interface Root {
  readonly path: string;
  /** Runs a program inside, as root, in namespaces of its own. */
  run(args: readonly string[]): Promise<Ran>;
  close(): Promise<void>;
}

/** Unpacks a tarball of a chroot, as mini-buildd or mmdebstrap make them. */
export async function unpackRoot(tarball: string): Promise<Root> {
  const path = await mkdtemp(join(tmpdir(), "mbd-root-"));
  await run("tar", ["-C", path, "-xf", tarball, "--exclude", "./dev/*"]);
  await run("chmod", ["755", path]);
  await run("mknod", ["-m", "666", join(path, "dev/null"), "c", "1", "3"]);
  // The library it names is there only while a build runs faster by it.
  await rm(join(path, "etc/ld.so.preload"), { force: true });
  await copyFile("/etc/resolv.conf", join(path, "etc/resolv.conf"));
  return {
    path,
    run: (args) =>
      tryRun("unshare", ["--mount", "--pid", "--fork", "--kill-child", "chroot", path, ...args], {
        env: { HOME: "/root", ...CLEAN_ENV },
      }),
    close: () => rm(path, { recursive: true, force: true }),
  };
}

/**
 * A minimal Debian 13 with apt, made by mmdebstrap from the archive that this machine's own apt uses: the newest
 * stable apt judges more strictly than older ones.
 */
export async function trixieTarball(archive: string): Promise<string> {
  const arch = (await run("dpkg", ["--print-architecture"])).trim();
  return await cached(`trixie-${arch}-${today()}.tar`, async (path) => {
    const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
    const target = `${path}.tar`;
    await run("mmdebstrap", [
      ...["--mode=root", "--variant=apt", `--architectures=${arch}`, `--keyring=${keyring}`, "--format=tar"],
      ...["trixie", target, `deb [signed-by=${keyring}] ${archive} trixie main`],
    ]);
    await run("mv", [target, path]);
  });
}

/** Adds a deb822 text to a root; everything else that it had is taken away. */
export async function setSources(root: Root, text: string): Promise<void> {
  await run("sh", ["-c", 'rm -f "$1"/etc/apt/sources.list "$1"/etc/apt/sources.list.d/*', "sh", root.path]);
  await run("mkdir", ["-p", join(root.path, "etc/apt/sources.list.d")]);
  await writeFile(join(root.path, "etc/apt/sources.list.d/test.sources"), text);
}
