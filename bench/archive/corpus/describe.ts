import { createRandom, type Random } from "./random.ts";

/** A package of the corpus before it is a file: all of it follows from its number. */
export interface Description {
  readonly name: string;
  readonly version: string;
  readonly arch: "amd64" | "all";
  /** Its own name where it is the only binary of its source. */
  readonly source: string;
  readonly section: string;
  /** Ends with one newline. */
  readonly control: string;
  /** Files it ships, without leading slash. */
  readonly paths: readonly string[];
}

/** Packages with numbers from here on belong to no corpus: they are what a measure adds. */
export const EXTRA = 1_000_000;

const SYLLABLES = [
  ...([
    "al",
    "bar",
    "cor",
    "dex",
    "em",
    "fil",
    "gra",
    "hex",
    "in",
    "jas",
    "kel",
    "lum",
    "mar",
    "net",
  ] as const),
  ...(["or", "pix", "qua", "rast", "syn", "tar", "uni", "vec", "web", "xen", "yam", "zor"] as const),
] as unknown as readonly [string, ...string[]];
const SUFFIXES = ["", "", "", "", "-dev", "-doc", "-data", "-bin", "-common", "-utils"] as const;
const SECTIONS = [
  ...(["admin", "devel", "doc", "games", "gnome", "graphics", "haskell", "java", "javascript"] as const),
  ...(["libdevel", "libs", "math", "net", "perl", "php", "python", "science", "text", "utils"] as const),
] as unknown as readonly [string, ...string[]];
const WORDS = (
  "a library for reading and writing data in many formats with support of several protocols that programs use to " +
  "talk with each other over the network it contains tools headers modules examples documentation plugins which " +
  "make development easier fast small portable graphical interface command line client server based on common " +
  "standards provides parser generator runtime bindings files needed by users administrators"
).split(" ") as unknown as readonly [string, ...string[]];

/** Package number `index`; as in Debian, four of nine are for all architectures. Always the same. */
export function describe(index: number): Description {
  const random = createRandom(index);
  const name = nameOf(index);
  const source = sourceOf(index);
  const version = `${random.between(0, 9)}.${random.int(30)}.${random.int(100)}-${random.between(1, 6)}`;
  const arch = random.int(9) < 4 ? "all" : "amd64";
  const section = random.pick(SECTIONS);
  const fields = [
    ["Package", name],
    ...(source === name ? [] : [["Source", source]]),
    ["Version", version],
    ["Architecture", arch],
    ["Maintainer", "Debian Example Maintainers <pkg-example-maintainers@lists.example.org>"],
    ["Installed-Size", String(random.between(12, 9000))],
    ["Depends", relations(random, index, random.between(1, 7))],
    ...(random.int(3) === 0 ? [["Recommends", relations(random, index, 1)]] : []),
    ...(random.int(4) === 0 ? [["Suggests", relations(random, index, 2)]] : []),
    ["Section", section],
    ["Priority", "optional"],
    ...(random.int(2) === 0 ? [["Multi-Arch", arch === "all" ? "foreign" : "same"]] : []),
    ["Homepage", `https://${source}.example.org/`],
    ["Description", description(random)],
  ];
  const control = fields.map(([field, value]) => `${field}: ${value}\n`).join("");
  return { name, version, arch, source, section, control, paths: pathsOf(random, name, arch) };
}

export function fileName({ name, version, arch }: Pick<Description, "name" | "version" | "arch">): string {
  return `${name}_${version}_${arch}.deb`;
}

/** The number is part of the name, so no two are equal; the rest spreads them over the alphabet. */
function nameOf(index: number): string {
  const random = createRandom(index + 7_919);
  const stem = random.pick(SYLLABLES) + random.pick(SYLLABLES);
  return `${random.int(10) < 3 ? "lib" : ""}${stem}${index.toString(36)}${random.pick(SUFFIXES)}`;
}

/** Two of three packages have a source of their own, as the ones that are added have. */
function sourceOf(index: number): string {
  const lead = index - (index % 3);
  return index >= EXTRA || createRandom(index + 104_729).int(2) === 0 ? nameOf(index) : nameOf(lead);
}

function relations(random: Random, index: number, count: number): string {
  const others = Array.from({ length: count }, () => nameOf(random.int(index + 1)));
  return others.map((other) => (random.int(2) === 0 ? other : `${other} (>= ${random.int(9)}.2)`)).join(", ");
}

function words(random: Random, count: number): string {
  return Array.from({ length: count }, () => random.pick(WORDS)).join(" ");
}

function description(random: Random): string {
  const lines = Array.from({ length: random.between(2, 5) }, () => `\n ${words(random, 9)}`);
  return `${words(random, 6)}${lines.join("")}`;
}

function pathsOf(random: Random, name: string, arch: string): string[] {
  const dirs = [
    `usr/share/${name}`,
    arch === "all" ? `usr/lib/python3/dist-packages/${name}` : "usr/lib/x86_64-linux-gnu",
    `usr/share/doc/${name}/examples`,
  ] as const;
  const files = Array.from(
    { length: random.between(1, 18) },
    (_, n) => `${random.pick(dirs)}/${name}-${random.pick(WORDS)}${n}.so`,
  );
  const doc = [`usr/share/doc/${name}/changelog.Debian.gz`, `usr/share/doc/${name}/copyright`];
  return [...doc, ...files].sort();
}
