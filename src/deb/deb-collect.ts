import type { DebLimits } from "./deb-limits.ts";
import { cleanPath } from "./deb-paths.ts";
import { showName } from "./deb-source.ts";
import { parseStanza } from "./deb822.ts";
import { FormatError } from "./errors.ts";
import type { Stanza } from "./stanza.ts";
import type { TarEntry, TarVisitor } from "./tar-read.ts";

/** What is taken from the two tar archives of a .deb, and what must not be in them. */

/** Makes the error of a reason, which reads as "<file>: <member> has …". */
type Fail = (reason: string) => Error;

export interface ControlContents {
  readonly control: string;
  readonly stanza: Stanza;
  readonly controlFiles: string[];
}

/** Takes the file `control` out of the control member. */
export function collectControl(
  fileName: string,
  limits: DebLimits,
  fail: Fail,
): { visit: TarVisitor; finish(): ControlContents } {
  const chunks: Uint8Array[] = [];
  const names = new Set<string>();
  return {
    visit: (entry) => {
      const name = controlFileName(entry, fail);
      if (name === "") return undefined;
      if (names.has(name)) throw fail(`has two files "${showName(name)}"`);
      names.add(name);
      if (name !== "control") return undefined;
      if (entry.sizeBytes > limits.stanzaBytes)
        throw fail(`has a control file of ${entry.sizeBytes} bytes, too much`);
      return (chunk) => chunks.push(chunk);
    },
    finish: () => {
      if (!names.has("control")) throw fail('has no file "control"');
      const control = decodeControl(Buffer.concat(chunks), fail);
      const stanza = parseStanza(control, { what: `${showName(fileName)} (control)` });
      return { control, stanza, controlFiles: [...names] };
    },
  };
}

/** Takes the paths out of the data member. */
export function collectPaths(limits: DebLimits, fail: Fail): { visit: TarVisitor; finish(): string[] } {
  const paths = new Set<string>();
  let listBytes = 0;
  return {
    visit: (entry) => {
      const path = checkedPath(entry.name, fail);
      if (entry.type === "link") checkedPath(entry.linkName ?? "", fail);
      if (entry.type === "directory") return undefined;
      if (path === "") throw fail(`has "${showName(entry.name)}" as ${entry.type}, not as directory`);
      listBytes += path.length;
      if (listBytes > limits.listBytes) throw fail("has too long a list of paths");
      paths.add(path);
      return undefined;
    },
    finish: () => [...paths],
  };
}

/** The name of a file of the control member, empty for the directory itself. deb(5): "a series of plain files". */
function controlFileName(entry: TarEntry, fail: Fail): string {
  const cleaned = cleanPath(entry.name);
  if ("bad" in cleaned) throw fail(`has the path "${showName(entry.name)}", which ${cleaned.bad}`);
  const { path } = cleaned;
  if (path === "" && entry.type === "directory") return "";
  const shown = showName(entry.name);
  if (path.includes("/") || entry.type === "directory") throw fail(`has the directory or path "${shown}"`);
  // Equal maintainer scripts may be stored as hard links of one another.
  const allowed = entry.type === "file" || (entry.type === "link" && path !== "control");
  if (path === "" || !allowed) throw fail(`has "${shown}" as ${entry.type}, not as plain file`);
  return path;
}

function decodeControl(bytes: Buffer, fail: Fail): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    if (text.includes("\0")) throw fail("has a control file with NUL bytes");
    return text;
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw fail("has a control file that is not UTF-8"); // Policy 5.1
  }
}

function checkedPath(name: string, fail: Fail): string {
  const cleaned = cleanPath(name);
  if ("bad" in cleaned) throw fail(`has the path "${showName(name)}", which ${cleaned.bad}`);
  return cleaned.path;
}
