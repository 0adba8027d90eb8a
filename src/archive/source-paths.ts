import { deflateRawSync } from "node:zlib";
import { type Exec, execOk } from "#platform";

/** Files of source packages, for Contents-source: those of their tar archives, as dpkg-source unpacks them. */

/** A file that a .dsc lists: its name, and where its bytes are. */
export interface SourceFile {
  readonly name: string;
  readonly path: string;
}

const LIMITS = { timeoutMs: 600_000, maxOutputBytes: 256 * 1024 * 1024 };

/**
 * Paths below the directory of an unpacked source, packed as `deb_paths` has those of a .deb; the row's key is the
 * SHA-256 of the .dsc, which stands for all its files. Patches are not applied: what only a patch of debian/patches
 * adds is not listed (but what a diff of format 1.0 adds is). @throws MbdError tool_failed for a broken archive
 */
export async function packSourcePaths(exec: Exec, files: readonly SourceFile[]): Promise<Uint8Array> {
  const paths = new Set<string>();
  for (const { name, path } of files) {
    const place = placeOf(name);
    if (place === undefined) continue;
    const listed = place.diff ? await addedByDiff(exec, path) : await inTar(exec, path, place.whole);
    for (const item of listed) paths.add(place.below + item);
  }
  // One byte for each character: the order of strings is that of bytes.
  return deflateRawSync(Buffer.from([...paths].sort().join("\n"), "latin1"));
}

interface Place {
  readonly below: string;
  /** Unpacked as it is, without taking its only directory away. */
  readonly whole: boolean;
  readonly diff: boolean;
}

/** Where dpkg-source(1) unpacks a file; undefined for signatures and the .dsc. */
function placeOf(name: string): Place | undefined {
  if (name.endsWith(".diff.gz")) return { below: "", whole: false, diff: true };
  const tar = /\.tar\.(?:gz|xz|bz2|lzma)$/.exec(name);
  if (tar === null) return undefined;
  const stem = name.slice(0, tar.index);
  const component = /\.orig-([A-Za-z0-9-]+)$/.exec(stem)?.[1];
  return {
    below: component === undefined ? "" : `${component}/`,
    whole: stem.endsWith(".debian"),
    diff: false,
  };
}

async function inTar(exec: Exec, path: string, whole: boolean): Promise<string[]> {
  const args = ["--list", "--quoting-style=escape", `--file=${path}`];
  const { stdout } = await execOk(exec, "tar", args, { ...LIMITS, env: { LC_ALL: "C" } });
  const names = stdout
    .split("\n")
    .filter((line) => line !== "" && !line.includes("\\n"))
    .map((line) => unescapeName(line).replace(/^(?:\.?\/)+/, ""));
  const tops = new Set(names.filter((name) => name !== "").map((name) => name.split("/", 1)[0]));
  const only = !whole && tops.size === 1 && names.some((name) => name.includes("/"));
  const files = names.filter((name) => name !== "" && !name.endsWith("/"));
  return only ? files.map((name) => name.slice(name.indexOf("/") + 1)) : files;
}

/** `\303\274`, `\\`, `\t` … of GNU tar. */
function unescapeName(text: string): string {
  return text.replace(/\\([0-7]{3}|.)/g, (_all, code: string) => {
    if (code.length === 3) return String.fromCharCode(Number.parseInt(code, 8));
    const at = "abtvfr".indexOf(code);
    return at < 0 ? code : ("\x07\b\t\v\f\r"[at] ?? code);
  });
}

async function addedByDiff(exec: Exec, path: string): Promise<string[]> {
  const { stdout } = await execOk(exec, "zgrep", ["-aE", "^\\+\\+\\+ ", path], {
    ...LIMITS,
    env: { LC_ALL: "C" },
  });
  return stdout.split("\n").flatMap((line) => {
    const name = /^\+\+\+ [^/]+\/([^\t]+)/.exec(line)?.[1];
    return name === undefined || name === "" ? [] : [Buffer.from(name).toString("latin1")];
  });
}
