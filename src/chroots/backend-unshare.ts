import { constants } from "node:fs";
import { access, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Exec, exists, type Home, TOOL_ENV } from "#platform";

export interface UnshareCheckDeps {
  readonly exec: Exec;
  readonly home: Home;
  /** The service user. */
  readonly user: { readonly name: string; readonly uid: number };
  /** Default: the machine's `/`. */
  readonly root?: string;
}

const TOOLS = [
  ["mmdebstrap", "mmdebstrap"],
  ["newuidmap", "uidmap"],
  ["newgidmap", "uidmap"],
  ["zstd", "zstd"],
  ["tar", "tar"],
  ["ip", "iproute2"],
] as const;

const SUBORDINATE_IDS = 65_536;

/**
 * Whether this machine lets the service user make and use chroots in user namespaces (builds.md 3): one sentence for
 * each thing an administrator must do; empty when all is well.
 */
export async function checkUnshare(deps: UnshareCheckDeps): Promise<string[]> {
  const root = deps.root ?? "/";
  const missing = await missingTools(root);
  const problems = [...missing, ...(await closedDirectories(deps.home))];
  if (deps.user.uid === 0) problems.push("The daemon runs as root; run it as a user of its own.");
  if (missing.length > 0) return problems;
  const helper = await deps.exec("mmdebstrap", ["--unshare-helper", "true"], { timeoutMs: 60_000 });
  if (helper.exitCode === 0) return problems;
  const causes = [...(await missingSubordinateIds(root, deps.user)), ...(await forbiddenNamespaces(root))];
  const raw = `User namespaces do not work for user '${deps.user.name}': ${helper.stderr.trim().split("\n").at(-1) ?? ""}.`;
  return [...problems, ...(causes.length > 0 ? causes : [raw])];
}

async function missingTools(root: string): Promise<string[]> {
  const problems: string[] = [];
  for (const [tool, debianPackage] of TOOLS) {
    const places = TOOL_ENV.PATH.split(":").map((dir) => join(root, dir, tool));
    const found = await Promise.all(places.map((path) => isExecutable(path)));
    if (!found.includes(true))
      problems.push(`The program '${tool}' is missing; install the package ${debianPackage}.`);
  }
  return problems;
}

async function isExecutable(path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** subuid(5): lines `name or uid:first:count`. */
async function missingSubordinateIds(root: string, user: { name: string; uid: number }): Promise<string[]> {
  const problems: string[] = [];
  for (const [file, option] of [
    ["etc/subuid", "--add-subuids"],
    ["etc/subgid", "--add-subgids"],
  ] as const) {
    const path = join(root, file);
    const text = (await exists(path)) ? await readFile(path, "utf8") : "";
    const lines = text.split("\n").map((line) => line.split(":"));
    const own = lines.filter(([owner]) => owner === user.name || owner === String(user.uid));
    if (own.some(([, , count]) => Number(count) >= SUBORDINATE_IDS)) continue;
    problems.push(
      `User '${user.name}' has no range of ${SUBORDINATE_IDS} ids in /${file}; give it one with 'usermod ${option} FIRST-LAST ${user.name}'.`,
    );
  }
  return problems;
}

async function forbiddenNamespaces(root: string): Promise<string[]> {
  const problems: string[] = [];
  for (const [setting, forbidding, allowing] of [
    ["kernel/unprivileged_userns_clone", "0", "1"],
    ["kernel/apparmor_restrict_unprivileged_userns", "1", "0"],
    ["user/max_user_namespaces", "0", "10000"],
  ] as const) {
    const path = join(root, "proc/sys", setting);
    if (!(await exists(path)) || (await readFile(path, "utf8")).trim() !== forbidding) continue;
    const name = setting.replace("/", ".");
    problems.push(
      `The kernel forbids user namespaces (${name} = ${forbidding}); set it with 'sysctl -w ${name}=${allowing}'.`,
    );
  }
  return problems;
}

/** Root of the namespace is a stranger to the service user's directories and must be able to pass through them. */
async function closedDirectories(home: Home): Promise<string[]> {
  const dirs = new Set([home.work, home.chroots, home.keyrings].flatMap(withParents));
  const problems: string[] = [];
  for (const dir of dirs) {
    if (!(await exists(dir)) || ((await stat(dir)).mode & 0o001) !== 0) continue;
    problems.push(`The directory ${dir} cannot be passed by others; allow it with 'chmod o+x ${dir}'.`);
  }
  return problems.sort();
}

function withParents(dir: string): string[] {
  return dirname(dir) === dir ? [dir] : [...withParents(dirname(dir)), dir];
}
