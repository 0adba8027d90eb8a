import type { Dsc } from "./dsc.ts";
import { isBuiltWithProfiles } from "./package-list.ts";

/** How dpkg takes an architecture apart (dpkg-architecture(1), "debtuple"). */
interface Tuple {
  readonly abi: string;
  readonly libc: string;
  readonly os: string;
  readonly cpu: string;
}

const PARTS = ["abi", "libc", "os", "cpu"] as const;

/** Names that do not follow the rule `[<system>-]<cpu>`; from dpkg's tupletable. */
const SPECIAL: Readonly<Record<string, string>> = {
  armhf: "eabihf-gnu-linux-arm",
  armel: "eabi-gnu-linux-arm",
  arm64ilp32: "ilp32-gnu-linux-arm64",
  x32: "x32-gnu-linux-amd64",
  powerpcspe: "spe-gnu-linux-powerpc",
  mips64: "abi64-gnu-linux-mips64",
  mips64el: "abi64-gnu-linux-mips64el",
  mips64r6: "abi64-gnu-linux-mips64r6",
  mips64r6el: "abi64-gnu-linux-mips64r6el",
  mipsn32: "abin32-gnu-linux-mips64",
  mipsn32el: "abin32-gnu-linux-mips64el",
  mipsn32r6: "abin32-gnu-linux-mips64r6",
  mipsn32r6el: "abin32-gnu-linux-mips64r6el",
  "musl-linux-armhf": "eabihf-musl-linux-arm",
  "uclibc-linux-armel": "eabi-uclibc-linux-arm",
  "kfreebsd-armhf": "eabihf-gnu-kfreebsd-arm",
};

const SYSTEMS: Readonly<Record<string, string>> = {
  "": "base-gnu-linux",
  "musl-linux-": "base-musl-linux",
  "uclibc-linux-": "base-uclibc-linux",
  "kfreebsd-": "base-gnu-kfreebsd",
  "knetbsd-": "base-gnu-knetbsd",
  "kopensolaris-": "base-gnu-kopensolaris",
  "hurd-": "base-gnu-hurd",
  "freebsd-": "base-bsd-freebsd",
  "openbsd-": "base-bsd-openbsd",
  "netbsd-": "base-bsd-netbsd",
  "dragonflybsd-": "base-bsd-dragonflybsd",
  "darwin-": "base-bsd-darwin",
};

const CPUS: ReadonlySet<string> = new Set(
  (
    "alpha amd64 arc arm arm64 armeb avr32 hppa i386 ia64 loong64 m32r m68k mips mips64 mips64el mips64r6 mips64r6el " +
    "mipsel mipsr6 mipsr6el nios2 or1k powerpc powerpcel ppc64 ppc64el riscv64 s390 s390x sh3 sh3eb sh4 sh4eb sparc " +
    "sparc64 tilegx"
  ).split(" "),
);

/**
 * Whether an architecture is meant by a word of an `Architecture` field or list (Policy 11.1): itself, or a wildcard
 * such as `any`, `linux-any`, `any-amd64`. An architecture unknown to dpkg's tables matches only itself and `any`.
 * `all` is no architecture and matches only itself.
 */
export function matchesArchitecture(architecture: string, word: string): boolean {
  if (architecture === word) return true;
  if (architecture === "all") return false;
  if (word === "any") return true;
  const tuple = tupleOf(architecture);
  const wanted = wildcardOf(word);
  if (tuple === undefined || wanted === undefined) return false;
  return PARTS.every((part) => wanted[part] === "any" || wanted[part] === tuple[part]);
}

/** Which packages there are to build on an architecture. */
export interface BuildScope {
  /** Architecture-dependent ones. */
  readonly any: boolean;
  /** Architecture-independent ones. */
  readonly all: boolean;
}

/**
 * What a source has to build on one architecture; both false: the build is skipped. `isArchAll` tells whether this
 * architecture of the distribution also makes the architecture-independent packages. With `profiles` given, packages
 * that these build profiles leave out do not count.
 */
export function buildsFor(
  dsc: Pick<Dsc, "architectures" | "packageList">,
  architecture: string,
  isArchAll: boolean,
  profiles?: readonly string[],
): BuildScope {
  const words = producedFor(dsc, profiles);
  return {
    any: words.some((word) => word !== "all" && matchesArchitecture(architecture, word)),
    all: isArchAll && words.includes("all"),
  };
}

function producedFor(
  dsc: Pick<Dsc, "architectures" | "packageList">,
  profiles?: readonly string[],
): readonly string[] {
  const list = dsc.packageList;
  // Lists of old dpkg versions do not name architectures; then they say nothing about where to build.
  if (list === undefined || list.some((entry) => entry.architectures === undefined)) return dsc.architectures;
  const made = profiles === undefined ? list : list.filter((entry) => isBuiltWithProfiles(entry, profiles));
  return made.flatMap((entry) => entry.architectures ?? []);
}

function tupleOf(name: string): Tuple | undefined {
  // dpkg takes `linux-amd64` for `amd64`.
  const architecture = name.replace(/^linux-(?=[^-]*$)/, "");
  const special = Object.hasOwn(SPECIAL, architecture) ? SPECIAL[architecture] : undefined;
  if (special !== undefined) return toTuple(special.split("-"));
  const dash = architecture.lastIndexOf("-") + 1;
  const prefix = architecture.slice(0, dash);
  const cpu = architecture.slice(dash);
  const system = Object.hasOwn(SYSTEMS, prefix) ? SYSTEMS[prefix] : undefined;
  return system === undefined || !CPUS.has(cpu) ? undefined : toTuple([...system.split("-"), cpu]);
}

/** As dpkg: missing parts on the left are `any`; without any `any` it is no wildcard. */
function wildcardOf(word: string): Tuple | undefined {
  const parts = word.split("-");
  if (!parts.includes("any")) return tupleOf(word);
  if (parts.length > 4) return undefined;
  return toTuple([...Array<string>(4 - parts.length).fill("any"), ...parts]);
}

function toTuple(parts: readonly string[]): Tuple | undefined {
  const [abi, libc, os, cpu] = parts;
  if (abi === undefined || libc === undefined || os === undefined || cpu === undefined) return undefined;
  return { abi, libc, os, cpu };
}
