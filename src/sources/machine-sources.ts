import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { toBinaryKeyring, type Verifier } from "#keys";
import { type Exec, errorText, exists, MbdError, namesIn } from "#platform";
import { type AptSource, parseListFile, parseSourcesFile } from "./apt-sources.ts";
import type { Fetch } from "./fetch.ts";
import { getRelease } from "./release-fetch.ts";
import { parseRelease } from "./release-file.ts";

/** A source of this machine's own apt that belongs to its distribution: what set-up starts from. */
export interface MachineSource {
  readonly origin: string;
  /** Name below `dists/`: bookworm, bookworm-updates, bookworm-security. */
  readonly codename: string;
  /** Archives that serve it, as apt has them, each ending with one slash. */
  readonly archives: readonly string[];
  /** Components that this machine uses. */
  readonly components: readonly string[];
  /** Binary OpenPGP keys of the distribution. */
  readonly keyring: Uint8Array;
  readonly checkValidUntil: boolean;
  /** What the Release file puts in front of the names of components (`updates/`). */
  readonly removeFromComponent: string;
  readonly base: boolean;
}

export interface MachineSourcesDeps {
  readonly exec: Exec;
  readonly fetch: Fetch;
  readonly verifier: Verifier;
  /** Default: the machine's `/`. */
  readonly root?: string;
}

const VENDOR_KEYRINGS = [
  "usr/share/keyrings/debian-archive-keyring.gpg",
  "usr/share/keyrings/ubuntu-archive-keyring.gpg",
];
const POCKETS = ["", "-updates", "-security"];

/**
 * Finds base, updates and security of this machine's own distribution in its apt sources. A source counts when its
 * Release file is signed by Debian's or Ubuntu's archive keys, not by what it is called.
 * @throws MbdError bad_configuration when the base itself is not among them
 */
export async function findMachineSources(deps: MachineSourcesDeps): Promise<MachineSource[]> {
  const root = deps.root ?? "/";
  const codename = await machineCodename(root);
  const wanted = POCKETS.map((pocket) => `${codename}${pocket}`);
  const checkValidUntil = await checksValidUntil(deps.exec);
  const entries = (await readAptSources(join(root, "etc/apt"))).filter((it) => wanted.includes(it.suite));
  const keyrings = await vendorKeyrings(root);
  const problems: string[] = [];
  const found: MachineSource[] = [];
  for (const entry of entries) {
    const source = await identify(deps, entry, keyrings, problems);
    if (source === undefined) continue;
    merge(found, {
      ...source,
      base: entry.suite === codename,
      checkValidUntil: source.checkValidUntil && checkValidUntil,
    });
  }
  if (found.some((source) => source.base)) return found.sort(byPocket);
  const why = problems.length > 0 ? problems.join("; ") : `apt has no source for suite '${codename}'`;
  throw new MbdError("bad_configuration", {
    reason: `this machine's apt sources name no usable archive of its distribution (${why}); name one yourself`,
  });
}

/** All sources of an apt configuration directory; files apt ignores by their names are left out. */
export async function readAptSources(etcApt: string): Promise<AptSource[]> {
  const sources: AptSource[] = [];
  const parts = join(etcApt, "sources.list.d");
  const names = (await namesIn(parts)).sort();
  for (const path of [join(etcApt, "sources.list"), ...names.map((name) => join(parts, name))]) {
    if (!/\.(?:list|sources)$/.test(path) || !(await exists(path))) continue;
    const text = await readFile(path, "utf8");
    sources.push(...(path.endsWith(".list") ? parseListFile(text) : parseSourcesFile(text, path)));
  }
  return sources;
}

async function identify(
  deps: MachineSourcesDeps,
  entry: AptSource,
  keyrings: readonly Uint8Array[],
  problems: string[],
): Promise<Omit<MachineSource, "base"> | undefined> {
  const url = `${entry.uri}dists/${entry.suite}/`;
  try {
    const { files } = await getRelease(deps.fetch, url);
    for (const keyring of keyrings) {
      const check = await deps.verifier.verifyRelease(files, keyring);
      if (!check.ok) continue;
      const { origin, components } = parseRelease(check.payload, url);
      const removeFromComponent = components.every((name) => name.startsWith("updates/")) ? "updates/" : "";
      const { suite, uri, checkValidUntil } = entry;
      const rest = { components: entry.components, keyring, checkValidUntil, removeFromComponent };
      return { origin, codename: suite, archives: [uri], ...rest };
    }
    problems.push(`${url} is not signed by a key of Debian or Ubuntu that is installed here`);
  } catch (error) {
    problems.push(`${url}: ${errorText(error)}`);
  }
  return undefined;
}

/** The same suite from two archives is one source with both. */
function merge(found: MachineSource[], source: MachineSource): void {
  const index = found.findIndex((it) => it.origin === source.origin && it.codename === source.codename);
  const same = found[index];
  if (same === undefined) {
    found.push(source);
    return;
  }
  found[index] = {
    ...same,
    archives: [...new Set([...same.archives, ...source.archives])],
    components: [...new Set([...same.components, ...source.components])],
    checkValidUntil: same.checkValidUntil && source.checkValidUntil,
  };
}

function byPocket(a: MachineSource, b: MachineSource): number {
  return a.codename.length - b.codename.length || (a.codename < b.codename ? -1 : 1);
}

async function vendorKeyrings(root: string): Promise<Uint8Array[]> {
  const keyrings: Uint8Array[] = [];
  for (const path of VENDOR_KEYRINGS.map((name) => join(root, name))) {
    if (await exists(path)) keyrings.push(toBinaryKeyring(await readFile(path)));
  }
  return keyrings;
}

/** os-release(5). */
async function machineCodename(root: string): Promise<string> {
  const text = await readFile(join(root, "etc/os-release"), "utf8");
  const codename = /^VERSION_CODENAME="?([a-z][a-z0-9]*)"?$/m.exec(text)?.[1];
  if (codename !== undefined) return codename;
  throw new MbdError("bad_configuration", {
    reason: "/etc/os-release names no VERSION_CODENAME; name a codename",
  });
}

/** Machines that follow a frozen mirror switch the check off for all of apt; their sources need the same. */
async function checksValidUntil(exec: Exec): Promise<boolean> {
  const { stdout } = await exec("apt-config", ["dump", "--format", "%v%n", "Acquire::Check-Valid-Until"]);
  return !["false", "no", "0"].includes(stdout.trim().toLowerCase());
}
