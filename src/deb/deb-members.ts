import { type ArMember, readArMembers } from "./ar.ts";
import { type ByteSource, debError } from "./deb-source.ts";

/** How a member of a .deb is packed. */
export type Compression = "none" | "gz" | "xz" | "zstd" | "bz2" | "lzma";

export interface DebMember extends ArMember {
  readonly compression: Compression;
}

/** The members of a .deb by their role, in the order of deb(5). */
export interface DebMembers {
  readonly names: string[];
  readonly control: DebMember;
  readonly data: DebMember;
}

// Endings of the members' names, deb(5).
const CONTROL_ENDINGS: ReadonlyMap<string, Compression> = new Map([
  ["", "none"],
  [".gz", "gz"],
  [".xz", "xz"],
  [".zst", "zstd"],
]);
const DATA_ENDINGS: ReadonlyMap<string, Compression> = new Map([
  ...CONTROL_ENDINGS,
  [".bz2", "bz2"],
  [".lzma", "lzma"],
]);
const MAX_VERSION_BYTES = 1024;

// First bytes of each format. The tools guess formats by themselves (zstd also unpacks gzip), dpkg goes by the
// member's name: whoever guesses would accept packages that dpkg cannot unpack.
const SIGNATURES: Record<Compression, string> = {
  none: "",
  gz: "1f8b08",
  xz: "fd377a585a00",
  zstd: "28b52ffd",
  bz2: "425a68",
  lzma: "5d",
};

/**
 * Finds and checks the members of a .deb after deb(5): `debian-binary` with format 2.x, `control.tar*`,
 * `data.tar*` in this order, each once. Members whose names start with `_` may stand between them, others only
 * behind `data.tar*`. Throws a FormatError.
 */
export async function readDebMembers(source: ByteSource): Promise<DebMembers> {
  const members = await readArMembers(source);
  const [first, ...rest] = members;
  if (first === undefined) throw debError(source.name, "has no ar members");
  if (first.name !== "debian-binary") {
    throw debError(source.name, `starts with ar member ${first.name} instead of debian-binary`);
  }
  await checkVersion(source, first);
  const control = findMember(source, rest, "control", CONTROL_ENDINGS);
  const data = findMember(source, rest, "data", DATA_ENDINGS);
  checkOrder(source, rest, control, data);
  await checkSignature(source, control);
  await checkSignature(source, data);
  return { names: members.map((member) => member.name), control, data };
}

async function checkVersion(source: ByteSource, member: ArMember): Promise<void> {
  if (member.sizeBytes > MAX_VERSION_BYTES) throw debError(source.name, "has a debian-binary of absurd size");
  const text = (await source.read(member.offset, member.sizeBytes)).toString("latin1");
  const major = /^([0-9]{1,4})\.[0-9]{1,4}\n/.exec(text)?.[1];
  if (major === undefined) throw debError(source.name, "has a debian-binary without a format version");
  if (major !== "2") throw debError(source.name, `has package format version ${major}, only 2 is known`);
}

function findMember(
  source: ByteSource,
  members: readonly ArMember[],
  role: "control" | "data",
  allowed: ReadonlyMap<string, Compression>,
): DebMember {
  const stem = `${role}.tar`;
  const found = members.filter((member) => member.name === stem || member.name.startsWith(`${stem}.`));
  const [member, second] = found;
  if (member === undefined) throw debError(source.name, `has no ${stem} member`);
  if (second !== undefined) throw debError(source.name, `has two ${stem} members`);
  const compression = allowed.get(member.name.slice(stem.length));
  if (compression === undefined) {
    const names = [...allowed.keys()].map((ending) => stem + ending).join(", ");
    throw debError(source.name, `has a member ${member.name}, but only ${names} are allowed`);
  }
  return { ...member, compression };
}

function checkOrder(
  source: ByteSource,
  rest: readonly ArMember[],
  control: DebMember,
  data: DebMember,
): void {
  if (data.offset < control.offset) throw debError(source.name, `has ${data.name} before ${control.name}`);
  for (const member of rest) {
    if (member.name === "debian-binary") throw debError(source.name, "has two debian-binary members");
    if (member.name === control.name) continue;
    if (member.offset < data.offset && !member.name.startsWith("_")) {
      // deb(5): what cannot be ignored safely has a name without underscore and stands before data.tar.
      throw debError(source.name, `has the unknown member ${member.name} before ${data.name}`);
    }
  }
}

async function checkSignature(source: ByteSource, member: DebMember): Promise<void> {
  if (member.sizeBytes === 0) throw debError(source.name, `has an empty ${member.name}`);
  const start = (await source.read(member.offset, Math.min(8, member.sizeBytes))).toString("hex");
  if (!start.startsWith(SIGNATURES[member.compression])) {
    throw debError(source.name, `has a ${member.name} that does not hold ${member.compression} data`);
  }
}
