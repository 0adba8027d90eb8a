import { mkdir, readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { type Command, Option } from "commander";
import { createApiClient } from "#api";
import { type KeyInfo, readKeys } from "#keys";
import { exec, hasCode, MbdError, writeFileAtomic } from "#platform";
import { createClient } from "../client.ts";
import { authorizationFor } from "../credentials.ts";
import type { CliDeps } from "../deps.ts";
import { homeOf, parseEndpoint } from "../endpoint.ts";
import { EXIT } from "../exit-codes.ts";
import { colorsFor, terminalText } from "../io.ts";
import { aptSources, inlineKey } from "./apt-sources.ts";
import { machineArchitectures, machineCodename } from "./this-machine.ts";

interface BootstrapOptions {
  readonly fingerprint?: string;
  readonly yes?: boolean;
  readonly codename?: string;
  readonly repository?: string[];
  readonly suite?: string[];
  readonly withRollbacks?: boolean;
  readonly key: "inline" | "path";
  readonly root: string;
}

interface File {
  /** As the system below the root has it. */
  readonly path: string;
  readonly data: string | Uint8Array;
}

/** `mini-buildd bootstrap-apt URL`: everything is found out and shown first; nothing is written without a yes. */
async function runBootstrap(deps: CliDeps, address: string, options: BootstrapOptions): Promise<number> {
  const { io, owner } = deps;
  const root = resolve(options.root);
  if (root === "/" && owner.uid() !== 0) throw new MbdError("not_root", { what: "Writing below /etc/apt" });
  const wanted = wantedFingerprint(options);
  const { title, key, files } = await plan(deps, address, root, options);
  if (wanted !== undefined && wanted !== key.fingerprint)
    throw new MbdError("wrong_key", { what: title, have: key.fingerprint, wanted });
  const missing = [];
  for (const file of files) if (!(await isThere(root, file))) missing.push(file);
  show(deps, title, key, files);
  if (missing.length === 0) {
    io.err("All of it is there already.\n");
    return EXIT.done;
  }
  if (!(await agreed(deps, root, missing, options))) {
    io.err("Nothing was done.\n");
    return EXIT.failed;
  }
  for (const { path, data } of missing) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFileAtomic(join(root, path), data, 0o644);
    io.out(`${join(root, path)}\n`);
  }
  io.err(NEXT);
  return EXIT.done;
}

const NEXT = `Next:
  apt-get update
  apt-get install PACKAGE
apt takes packages of suites that are not meant for everybody only when asked: apt-get install -t DISTRIBUTION PACKAGE
`;

function wantedFingerprint({ fingerprint, yes }: BootstrapOptions): string | undefined {
  if (fingerprint === undefined) {
    if (yes !== true) return undefined;
    throw new MbdError("bad_argument", {
      argument: "yes",
      reason: "nobody would look at the key; give its --fingerprint as well",
    });
  }
  const hex = fingerprint.replaceAll(/[\s:]/g, "").toUpperCase();
  if (/^(?:[0-9A-F]{40}|[0-9A-F]{64})$/.test(hex)) return hex;
  throw new MbdError("bad_argument", {
    argument: "fingerprint",
    reason: "it has 40 (or 64) hexadecimal digits",
  });
}

async function plan(deps: CliDeps, address: string, root: string, options: BootstrapOptions) {
  const { io } = deps;
  const endpoint = parseEndpoint(address, homeOf(undefined, io.env));
  const client = createApiClient(createClient(endpoint, await authorizationFor(endpoint, {}, io)));
  const status = await client.call("status", {});
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(status.identity))
    throw new MbdError("bad_request", {
      reason: "the identity of the instance cannot be the name of a file",
    });
  const keys = await readKeys(Buffer.from(await client.call("pub_key", {})), exec, "The instance's key");
  const [key] = keys;
  if (key === undefined || keys.length > 1)
    throw new MbdError("bad_request", { reason: "the instance must have exactly one key" });
  const text = await client.call("sources_list", {
    codenames: [options.codename ?? (await machineCodename(root))],
    repositories: options.repository,
    suites: options.suite,
    rollbacks: options.withRollbacks === true ? -1 : 0,
    key: "none",
  });
  const title = `mini-buildd instance ${status.identity}`;
  const keyring = { path: `/usr/share/keyrings/mini-buildd-${status.identity}.gpg`, data: key.binary };
  const sources = aptSources(text, title, {
    architectures: await machineArchitectures(exec, root),
    signedBy: options.key === "path" ? keyring.path : inlineKey(key.binary),
  });
  const file = { path: `/etc/apt/sources.list.d/${status.identity}.sources`, data: sources };
  // The key first: apt may look in between.
  const files: readonly File[] = options.key === "path" ? [keyring, file] : [file];
  return { title, key, files };
}

async function isThere(root: string, { path, data }: File): Promise<boolean> {
  return (await contentOf(root, path))?.equals(Buffer.from(data)) ?? false;
}

async function contentOf(root: string, path: string): Promise<Buffer | undefined> {
  return await readFile(join(root, path)).catch((error: unknown) => {
    if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) return undefined;
    throw error;
  });
}

function show({ io }: CliDeps, title: string, key: KeyInfo, files: readonly File[]): void {
  const colors = colorsFor(io, io.errIsTerminal);
  const groups = key.fingerprint.match(/.{1,4}/g)?.join(" ") ?? "";
  io.err(`${colors.bold(title)}, whose repositories are signed by:
  ${terminalText(key.userId)}
  ${colors.bold(groups)}
  ${key.algorithm}, made ${key.createdAt}${key.expiresAt === undefined ? "" : `, valid until ${key.expiresAt}`}
`);
  for (const { path, data } of files) {
    io.err(`${path}:\n`);
    const lines = typeof data === "string" ? data.trimEnd().split("\n") : ["(the key)"];
    io.err(lines.map((line) => `  ${terminalText(line)}\n`).join(""));
  }
}

/** With --yes, files are replaced only where they are ours. */
async function agreed(
  { io }: CliDeps,
  root: string,
  files: readonly File[],
  { yes, fingerprint }: BootstrapOptions,
): Promise<boolean> {
  const replaced: string[] = [];
  for (const { path, data } of files) {
    const have = await contentOf(root, path);
    if (have === undefined) continue;
    const ours = typeof data !== "string" || have.toString().startsWith(data.split("\n", 1)[0] ?? "");
    if (yes === true && !ours)
      throw new MbdError("bad_configuration", {
        reason: `${join(root, path)} is another's file; move it away first`,
      });
    replaced.push(path);
  }
  if (yes === true) return true;
  if (!io.inIsTerminal)
    throw new MbdError("bad_argument", {
      argument: "yes",
      reason: "there is no terminal to ask on; add --yes and --fingerprint to do it",
    });
  for (const path of replaced)
    io.err(`${path} is there already, with other content, and would be replaced.\n`);
  const trust =
    fingerprint === undefined
      ? "Is this the fingerprint that its administrator told you, and shall"
      : "Shall";
  return /^y(?:es)?$/i.test((await io.ask(`${trust} it be added to apt? [y/N] `)).trim());
}

function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, ...text.split(",").filter((word) => word !== "")];
}

export function addBootstrapAptCommand(
  program: Command,
  deps: CliDeps,
  finish: (code: number) => void,
): void {
  program
    .command("bootstrap-apt")
    .description("add the repositories of an instance to this machine's apt")
    .argument("<url>", "address of the instance, HOST[:PORT], or `local`")
    .option("--fingerprint <hex>", "the key must be this one")
    .option("-y, --yes", "do it without being asked; needs --fingerprint")
    .option("--codename <name>", "base distribution (default: that of this machine)")
    .option("--repository <name>", "only this repository; can be repeated", collect)
    .option("--suite <name>", "only this suite; can be repeated", collect)
    .option("--with-rollbacks", "also earlier versions")
    .addOption(
      new Option(
        "--key <how>",
        "the key in the file itself, or in one of its own (apt of Debian 11 and older)",
      )
        .choices(["inline", "path"])
        .default("inline"),
    )
    .option("--root <dir>", "do it for the system in this directory", "/")
    .action(async (address: string, options: BootstrapOptions) =>
      finish(await runBootstrap(deps, address, options)),
    );
}
