import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Exec, execOk } from "#platform";
import { type BootstrapPlan, sourceLine } from "./mmdebstrap.ts";

const TIMEOUT_MS = 180_000;
/** Far below what a line of messages may be. */
const MOST_NAMED = 5;

/**
 * Packages of a chroot that its sources have in a newer version, as apt sees it: asked of the machine's own apt, in a
 * private place with dpkg's file `status` of the chroot. Nothing is downloaded but indices.
 * @param dir a cache: indices that did not change are not read again
 * @throws MbdError tool_failed
 */
export async function newerPackages(
  exec: Exec,
  request: { readonly dir: string; readonly statusFile: string; readonly plan: BootstrapPlan },
): Promise<string[]> {
  const { dir, plan } = request;
  for (const name of ["lists/partial", "cache/archives/partial"])
    await mkdir(join(dir, name), { recursive: true });
  await writeFile(join(dir, "sources.list"), `${plan.sources.map(sourceLine).join("\n")}\n`);
  await writeFile(join(dir, "apt.conf"), aptConfiguration(request));
  const options = { env: { APT_CONFIG: join(dir, "apt.conf"), HOME: dir }, timeoutMs: TIMEOUT_MS };
  await execOk(exec, "apt-get", ["-q", "update"], options);
  const simulated = await execOk(exec, "apt-get", ["-q", "--simulate", "dist-upgrade"], options);
  // `Inst libc6 [2.36-9] (2.36-10 Debian:12/stable [amd64])`; what would only be added has no old version.
  return [...simulated.stdout.matchAll(/^Inst (\S+) \[/gm)].map(([, name = ""]) => name);
}

/** `libc6, tzdata and 3 more` */
export function someOf(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  const shown = names.slice(0, MOST_NAMED).join(", ");
  return more > 0 ? `${shown} and ${more} more` : shown;
}

/** Of the machine's own configuration nothing holds here. */
function aptConfiguration({ dir, statusFile, plan }: Parameters<typeof newerPackages>[1]): string {
  const settings = {
    "Dir::Etc::parts": "/dev/null",
    "Dir::Etc::main": "/dev/null",
    "Dir::Etc::preferences": "/dev/null",
    "Dir::Etc::preferencesparts": "/dev/null",
    "Dir::Etc::trusted": "/dev/null",
    "Dir::Etc::trustedparts": "/dev/null",
    "Dir::Etc::sourceparts": "/dev/null",
    "Dir::Etc::sourcelist": join(dir, "sources.list"),
    "Dir::State": dir,
    "Dir::State::lists": join(dir, "lists"),
    "Dir::State::status": statusFile,
    "Dir::Cache": join(dir, "cache"),
    "APT::Architecture": plan.arch,
    "APT::Update::Error-Mode": "any",
    "Acquire::Languages": "none",
    "Acquire::Retries": "3",
    "Debug::NoLocking": "true",
    ...(plan.proxy === undefined ? {} : { "Acquire::http::Proxy": plan.proxy }),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";`);
  return `${lines.join("\n")}\nAPT::Architectures { "${plan.arch}"; };\n`;
}
