import { gzipSync } from "node:zlib";
import {
  type ArPart,
  arFile,
  CONTROL,
  controlTar,
  dataTar,
  debOf,
  END_MARKER,
  packed,
  type TarPart,
  tarEntry,
  tarFile,
  VERSION_PART,
} from "./deb-test-support.ts";

/** A way to break a package, and what the refusal must say. */
export interface Breakage {
  readonly name: string;
  readonly bytes: () => Buffer;
  readonly reason: RegExp;
}

const GOOD_CONTROL: ArPart = { name: "control.tar.gz", bytes: gzipSync(controlTar()) };
const GOOD_DATA: ArPart = { name: "data.tar.gz", bytes: gzipSync(dataTar()) };
const PLAIN_DATA: ArPart = { name: "data.tar", bytes: dataTar() };

function ar(name: string, parts: () => readonly ArPart[], reason: RegExp): Breakage {
  return { name, bytes: () => arFile(parts()), reason };
}

function control(name: string, bytes: () => Buffer, reason: RegExp): Breakage {
  return { name: `control: ${name}`, bytes: () => debOf({ control: bytes() }), reason };
}

function data(name: string, part: TarPart, reason: RegExp): Breakage {
  return { name: `data: ${name}`, bytes: () => debOf({ data: dataTar(part) }), reason };
}

function rawData(name: string, bytes: () => Buffer, reason: RegExp): Breakage {
  return { name: `data: ${name}`, bytes: () => debOf({ data: bytes() }), reason };
}

function withDataMember(name: string, bytes: () => Buffer, reason: RegExp): Breakage {
  return ar(`${name}`, () => [VERSION_PART, GOOD_CONTROL, { name, bytes: bytes() }], reason);
}

/** A member whose packed bytes are damaged in the middle, where every format has a checksum. */
function damaged(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const middle = Math.floor(copy.length / 2);
  copy.writeUInt8((copy[middle] ?? 0) ^ 0xff, middle);
  return copy;
}

const AR: Breakage[] = [
  { name: "empty file", bytes: () => Buffer.alloc(0), reason: /is empty/ },
  { name: "no ar", bytes: () => Buffer.from("PK\u0003\u0004 a zip"), reason: /ar signature/ },
  { name: "thin ar", bytes: () => arFile([VERSION_PART], "!<thin>\n"), reason: /ar signature/ },
  { name: "signature only", bytes: () => arFile([]), reason: /no ar members/ },
  { name: "cut inside the signature", bytes: () => debOf().subarray(0, 5), reason: /ar signature/ },
  { name: "cut inside a header", bytes: () => debOf().subarray(0, 90), reason: /cut off or has garbage/ },
  {
    name: "cut inside the data",
    bytes: () => debOf().subarray(0, -20),
    reason: /data\.tar\.gz claims \d+ bytes/,
  },
  {
    name: "garbage at the end",
    bytes: () => Buffer.concat([debOf(), Buffer.from("garbage")]),
    reason: /7 bytes behind the ar member data\.tar\.gz/,
  },
  {
    name: "much garbage at the end",
    bytes: () => Buffer.concat([debOf(), Buffer.alloc(100, "x")]),
    reason: /broken ar header/,
  },
  ar("size with letters", () => [{ ...VERSION_PART, size: "4a" }], /bad size "4a"/),
  ar("negative size", () => [{ ...VERSION_PART, size: "-4" }], /bad size "-4"/),
  ar("hexadecimal size", () => [{ ...VERSION_PART, size: "0x4" }], /bad size/),
  ar("empty size", () => [{ ...VERSION_PART, size: "" }], /bad size ""/),
  ar(
    "size beyond the file",
    () => [{ ...VERSION_PART, size: "9999999999" }],
    /claims 9999999999 bytes, but only 4/,
  ),
  ar("bad time", () => [{ ...VERSION_PART, date: "yesterday" }], /bad modification time/),
  ar("bad mode", () => [{ ...VERSION_PART, mode: "rw-r--r-" }], /bad mode/),
  ar("header magic", () => [{ ...VERSION_PART, magic: "`\r" }], /header magic/),
  ar("empty name", () => [{ ...VERSION_PART, name: "" }], /bad name ""/),
  ar("name with a slash", () => [{ ...VERSION_PART, name: "a/debian" }], /bad name "a\/debian"/),
  ar("long-name table", () => [VERSION_PART, { name: "//", bytes: Buffer.alloc(4) }], /bad name "\/\/"/),
  ar("name with NUL", () => [{ ...VERSION_PART, name: "debian-binary\0" }], /bad name "debian-binary\\x00"/),
  ar(
    "wrong padding",
    () => [{ ...VERSION_PART, bytes: Buffer.from("2.0\n\n"), padding: "x" }, GOOD_CONTROL, GOOD_DATA],
    /wrong padding/,
  ),
  ar(
    "missing padding",
    () => [VERSION_PART, GOOD_CONTROL, { name: "data.tar", bytes: Buffer.alloc(5), padding: "" }],
    /padding of ar member data\.tar is missing/,
  ),
  ar("too many members", () => Array.from({ length: 40 }, () => VERSION_PART), /more than 32 ar members/),
];

const MEMBERS: Breakage[] = [
  ar("no debian-binary", () => [GOOD_CONTROL, GOOD_DATA], /starts with ar member control\.tar\.gz/),
  ar("debian-binary later", () => [GOOD_CONTROL, VERSION_PART, GOOD_DATA], /instead of debian-binary/),
  ar("two debian-binary", () => [VERSION_PART, GOOD_CONTROL, VERSION_PART, GOOD_DATA], /two debian-binary/),
  ar(
    "two debian-binary, last",
    () => [VERSION_PART, GOOD_CONTROL, GOOD_DATA, VERSION_PART],
    /two debian-binary/,
  ),
  ar(
    "version 3",
    () => [{ ...VERSION_PART, bytes: Buffer.from("3.0\n") }, GOOD_CONTROL, GOOD_DATA],
    /format version 3/,
  ),
  ar(
    "no version",
    () => [{ ...VERSION_PART, bytes: Buffer.from("two\n") }, GOOD_CONTROL, GOOD_DATA],
    /without a format version/,
  ),
  ar(
    "absurd version",
    () => [{ ...VERSION_PART, bytes: Buffer.alloc(5000, "2") }, GOOD_CONTROL, GOOD_DATA],
    /debian-binary of absurd size/,
  ),
  ar("no control", () => [VERSION_PART, GOOD_DATA], /no control\.tar member/),
  ar("no data", () => [VERSION_PART, GOOD_CONTROL], /no data\.tar member/),
  ar("two controls", () => [VERSION_PART, GOOD_CONTROL, GOOD_CONTROL, GOOD_DATA], /two control\.tar members/),
  ar("two data", () => [VERSION_PART, GOOD_CONTROL, GOOD_DATA, PLAIN_DATA], /two data\.tar members/),
  ar(
    "data before control",
    () => [VERSION_PART, GOOD_DATA, GOOD_CONTROL],
    /data\.tar\.gz before control\.tar\.gz/,
  ),
  ar(
    "unknown member before data",
    () => [VERSION_PART, { name: "meta", bytes: Buffer.from("ab") }, GOOD_CONTROL, GOOD_DATA],
    /unknown member meta before data/,
  ),
  ar(
    "unknown compression",
    () => [VERSION_PART, GOOD_CONTROL, { name: "data.tar.lz4", bytes: Buffer.from("ab") }],
    /member data\.tar\.lz4, but only data\.tar, /,
  ),
  ar(
    "control in bzip2",
    () => [VERSION_PART, { name: "control.tar.bz2", bytes: packed("bzip2", controlTar()) }, GOOD_DATA],
    /member control\.tar\.bz2, but only control\.tar, /,
  ),
  ar(
    "empty control member",
    () => [VERSION_PART, { name: "control.tar.gz", bytes: Buffer.alloc(0) }, GOOD_DATA],
    /empty control\.tar\.gz/,
  ),
  ar(
    "empty data member",
    () => [VERSION_PART, GOOD_CONTROL, { name: "data.tar.xz", bytes: Buffer.alloc(0) }],
    /empty/,
  ),
];

const PACKING: Breakage[] = [
  withDataMember("data.tar.xz", () => gzipSync(dataTar()), /data\.tar\.xz that does not hold xz data/),
  withDataMember("data.tar.zst", () => gzipSync(dataTar()), /data\.tar\.zst that does not hold zstd data/),
  withDataMember(
    "data.tar.gz",
    () => damaged(gzipSync(dataTar())),
    /data\.tar\.gz cannot be unpacked \(gzip: /,
  ),
  withDataMember("data.tar.gz", () => gzipSync(dataTar()).subarray(0, -9), /cannot be unpacked \(gzip: /),
  withDataMember(
    "data.tar.xz",
    () => damaged(packed("xz", dataTar())),
    /data\.tar\.xz cannot be unpacked \(xz: /,
  ),
  withDataMember(
    "data.tar.xz",
    () => packed("xz", dataTar()).subarray(0, -8),
    /unpacked \(xz: Unexpected end/,
  ),
  withDataMember(
    "data.tar.xz",
    () => Buffer.concat([packed("xz", dataTar()), Buffer.from("garbage!")]),
    /cannot be unpacked \(xz: /,
  ),
  withDataMember(
    "data.tar.zst",
    () => damaged(packed("zstd", dataTar())),
    /data\.tar\.zst cannot be unpacked \(zstd: /,
  ),
  withDataMember(
    "data.tar.zst",
    () => packed("zstd", dataTar()).subarray(0, -8),
    /cannot be unpacked \(zstd: /,
  ),
  withDataMember("data.tar.bz2", () => damaged(packed("bzip2", dataTar())), /cannot be unpacked \(bzip2: /),
  withDataMember(
    "data.tar.lzma",
    () => packed("lzma", dataTar()).subarray(0, -9),
    /cannot be unpacked \(xz: /,
  ),
];

const CONTROLS: Breakage[] = [
  control("no control file", () => tarFile({ name: "./md5sums", content: "x" }), /no file "control"/),
  control(
    "two control files",
    () => controlTar({ name: "control", content: CONTROL }),
    /two files "control"/,
  ),
  control(
    "link",
    () => tarFile({ name: "./control", type: "2", link: "/etc/passwd" }),
    /"\.\/control" as symlink/,
  ),
  control(
    "hard link",
    () => tarFile({ name: "./x", content: CONTROL }, { name: "./control", type: "1", link: "./x" }),
    /"\.\/control" as link/,
  ),
  control("device", () => tarFile({ name: "./control", type: "3" }), /"\.\/control" as device/),
  control("directory", () => tarFile({ name: "./control/", type: "5" }), /directory or path "\.\/control\/"/),
  control("nested", () => controlTar({ name: "./a/control", content: CONTROL }), /path "\.\/a\/control"/),
  control("absolute", () => controlTar({ name: "/etc/cron.d/x", content: "x" }), /which is absolute/),
  control("climbing", () => controlTar({ name: "./../x", content: "x" }), /which climbs by "\.\."/),
  control("symlinked script", () => controlTar({ name: "./postinst", type: "2", link: "x" }), /as symlink/),
  control(
    "not UTF-8",
    () => tarFile({ name: "./control", content: Buffer.from([0x50, 0xff]) }),
    /is not UTF-8/,
  ),
  control("NUL", () => tarFile({ name: "./control", content: "Package: a\0b\n" }), /with NUL bytes/),
  control("empty", () => tarFile({ name: "./control", content: "" }), /no fields/),
  control("no fields", () => tarFile({ name: "./control", content: "hello\n" }), /has no colon/),
  control(
    "field twice",
    () => tarFile({ name: "./control", content: `${CONTROL}Version: 2\n` }),
    /given twice/,
  ),
  control(
    "second paragraph",
    () => tarFile({ name: "./control", content: `${CONTROL}\nA: b\n` }),
    /second paragraph/,
  ),
  control(
    "huge",
    () => tarFile({ name: "./control", content: "a".repeat(1024 * 1024 + 1) }),
    /1048577 bytes, too much/,
  ),
];

const longName = (text: string): TarPart => ({ name: "././@LongLink", type: "L", content: text });

const TARS: Breakage[] = [
  rawData("not tar", () => Buffer.alloc(2048, "x"), /wrong checksum/),
  rawData("empty", () => Buffer.alloc(0), /end marker is missing/),
  rawData("no end marker", () => dataTar().subarray(0, -1024), /end marker is missing/),
  rawData(
    "cut inside a file",
    () => tarEntry({ name: "./f", content: "x".repeat(600) }).subarray(0, 700),
    /inside/,
  ),
  rawData("cut inside a header", () => tarEntry({ name: "./f" }).subarray(0, 300), /cut off inside an entry/),
  rawData(
    "entry behind the end marker",
    () => Buffer.concat([dataTar(), tarEntry({ name: "./hidden" })]),
    /data behind its end marker/,
  ),
  data("wrong checksum", { name: "./f", spoil: (header) => header.write("g", 2) }, /wrong checksum/),
  data(
    "checksum without digits",
    { name: "./f", spoil: (header) => header.write("zzzzzz", 148) },
    /wrong checksum/,
  ),
  data("size with letters", { name: "./f", size: "000000000zz\0" }, /malformed size/),
  data("size negative", { name: "./f", size: Buffer.alloc(12, 0xff) }, /malformed size/),
  data(
    "size of 2^80",
    { name: "./f", size: Buffer.from("80ff0000000000000000ffff", "hex") },
    /malformed size/,
  ),
  data(
    "size of a terabyte",
    { name: "./f", size: Buffer.from("800000000000010000000000", "hex") },
    /claims \d+ bytes/,
  ),
  data("size beyond the archive", { name: "./f", size: "00000100000\0" }, /cut off|wrong checksum/),
  data("pax header", { name: "./PaxHeaders/f", type: "x", content: "12 path=/etc\n" }, /type "x" \(pax\)/),
  data(
    "global pax header",
    { name: "pax_global_header", type: "g", content: "9 a=bcde\n" },
    /type "g" \(pax\)/,
  ),
  data("sparse file", { name: "./f", type: "S" }, /type "S" \(sparse\)/),
  data("unknown type", { name: "./f", type: "Z" }, /type "Z"/),
  data("no name", { name: "" }, /entry without a name/),
  data("absolute path", { name: "/etc/passwd" }, /path "\/etc\/passwd", which is absolute/),
  data("climbing path", { name: "./usr/../../etc/passwd" }, /which climbs by "\.\."/),
  data("climbing by prefix", { name: "passwd", prefix: "..", magic: "ustar\x0000" }, /which climbs/),
  data("hard link outside", { name: "./l", type: "1", link: "../../etc/shadow" }, /which climbs/),
  data("line break in a path", { name: "./usr/a\nb" }, /"\.\/usr\/a\\x0ab", which holds a line break/),
  data("link with content", { name: "./l", type: "2", link: "x", content: "hidden" }, /with content/),
  data("directory with content", { name: "./d/", type: "5", content: "hidden" }, /with content/),
  data("v7 directory with content", { name: "./d/", content: "hidden" }, /with content/),
  data("root as file", { name: "./" + ".", content: "x" }, /not as directory/),
  data("long name cut by NUL", longName("./usr/a\0/../../x\0"), /NUL byte inside/),
  data("long name without end", longName("./usr/a"), /long name without an end/),
  data("mode in letters", { name: "./f", patch: (header) => header.write("rw-r--r", 100) }, /malformed mode/),
  data(
    "time in letters",
    { name: "./f", patch: (header) => header.write("yesterday", 136) },
    /malformed time/,
  ),
  data("empty long name", longName("\0"), /empty long name/),
  data("absurd long name", longName(`./${"x".repeat(5000)}\0`), /name of more than 4096 bytes/),
  data("long name of nothing", longName(`./${"x".repeat(200)}\0`), /belongs to no entry/),
  rawData(
    "two long names",
    () => tarFile(longName(`./${"x".repeat(200)}\0`), longName(`./${"y".repeat(200)}\0`), { name: "./f" }),
    /two long names/,
  ),
  rawData(
    "climbing long name",
    () =>
      Buffer.concat([
        tarEntry(longName(`./${"x/".repeat(99)}../../b\0`)),
        tarEntry({ name: "./f" }),
        END_MARKER,
      ]),
    /which climbs/,
  ),
];

export const BREAKAGES: readonly Breakage[] = [...AR, ...MEMBERS, ...PACKING, ...CONTROLS, ...TARS];
