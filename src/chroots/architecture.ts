import { readFile } from "node:fs/promises";
import { type Exec, exists } from "#platform";

/** How programs of an architecture run on this machine (builds.md 3.3). */
export type ArchitecturePlan =
  | { readonly runs: true; readonly prefix: readonly string[]; readonly emulated: boolean }
  | { readonly runs: false; readonly reason: string };

/** 32-bit architectures whose programs the processor of a 64-bit one runs, with the name `uname -m` must say. */
const SIBLINGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  amd64: { i386: "i686" },
  arm64: { armhf: "armv7l" },
};

/** Debian's name of an architecture to qemu's, as binfmt_misc lists it. */
const QEMU: Readonly<Record<string, string>> = {
  amd64: "x86_64",
  arm64: "aarch64",
  armel: "arm",
  armhf: "arm",
  i386: "i386",
  loong64: "loongarch64",
  mips64el: "mips64el",
  mipsel: "mipsel",
  ppc64el: "ppc64le",
  riscv64: "riscv64",
  s390x: "s390x",
};

/**
 * @param host this machine's architecture (`dpkg --print-architecture`)
 * @param readBinfmt content of /proc/sys/fs/binfmt_misc/<name>, if there is such a file
 */
export async function planArchitecture(
  host: string,
  arch: string,
  readBinfmt: (name: string) => Promise<string | undefined>,
): Promise<ArchitecturePlan> {
  if (arch === host) return { runs: true, prefix: [], emulated: false };
  const personality = SIBLINGS[host]?.[arch];
  if (personality !== undefined) return { runs: true, prefix: ["setarch", personality], emulated: false };
  const name = `qemu-${QEMU[arch] ?? arch}`;
  const binfmt = await readBinfmt(name);
  const isFixed = /^flags:.*F/m.test(binfmt ?? "");
  if (binfmt?.startsWith("enabled") === true && isFixed) return { runs: true, prefix: [], emulated: true };
  return {
    runs: false,
    reason: `this ${host} machine cannot run ${arch} programs (no_binfmt: '${name}' is not enabled with flag F); install qemu-user-static and binfmt-support`,
  };
}

export async function hostArchitecture(exec: Exec): Promise<string> {
  return (await exec("dpkg", ["--print-architecture"])).stdout.trim();
}

export async function readBinfmt(name: string): Promise<string | undefined> {
  const path = `/proc/sys/fs/binfmt_misc/${name}`;
  return (await exists(path)) ? await readFile(path, "utf8") : undefined;
}
