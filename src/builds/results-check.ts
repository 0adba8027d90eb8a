import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import {
  checkControl,
  FormatError,
  handleSource,
  isFileName,
  parseChanges,
  readDeb,
  withoutEpoch,
} from "#deb";
import { inParallel } from "#platform";
import type { BuildDescription, SourceFile } from "./build-description.ts";
import type { RunnerFile } from "./runner/task.ts";
import type { ResultsSeen } from "./verdict.ts";

export interface ResultsInput {
  readonly description: Pick<
    BuildDescription,
    "source" | "version" | "distribution" | "arch" | "buildAll" | "buildAny"
  >;
  /** `<W>/out` */
  readonly dir: string;
  /** Its regular files, hashed; symbolic links and the like are not among them. */
  readonly files: readonly RunnerFile[];
  /** Source that already owns a binary package name in the target suite, if another one may not take it. */
  readonly ownerOf?: (packageName: string) => Promise<string | undefined>;
}

export interface CheckedResults {
  readonly seen: ResultsSeen;
  /** Accepted files: the .changes and all it lists. */
  readonly files: readonly SourceFile[];
}

const ENDINGS = [".deb", ".udeb", ".ddeb", ".buildinfo"];
const MAX_CHANGES_BYTES = 1024 * 1024;

class Refused extends Error {
  readonly reason: "result_invalid" | "package";

  constructor(message: string, reason: "result_invalid" | "package" = "result_invalid") {
    super(message);
    this.reason = reason;
  }
}

/** Looks at what a build left, believing none of it (builds.md 12). Files that the .changes does not list are dropped. */
export async function checkResults(input: ResultsInput): Promise<CheckedResults> {
  const changes = input.files.filter((file) => file.name.endsWith(".changes"));
  if (changes.length === 0) return { seen: { kind: "none" }, files: [] };
  try {
    return { seen: { kind: "valid" }, files: await accepted(input, changes) };
  } catch (error) {
    if (error instanceof Refused) return refused(error.reason, error.message);
    if (error instanceof FormatError) return refused("result_invalid", error.message);
    throw error;
  }
}

function refused(reason: "result_invalid" | "package", message: string): CheckedResults {
  return { seen: { kind: "invalid", reason, message }, files: [] };
}

async function accepted(input: ResultsInput, changes: readonly RunnerFile[]): Promise<SourceFile[]> {
  const file = oneChanges(input, changes);
  const parsed = parseChanges(await readText(input.dir, file), file.name);
  const { source, version, distribution } = input.description;
  checkEqual(file.name, "Source", parsed.source, source);
  checkEqual(file.name, "Version", parsed.version, version);
  checkEqual(file.name, "Distribution", parsed.distribution, distribution);
  const listed: RunnerFile[] = [];
  for (const entry of parsed.files) {
    if (!isFileName(entry.name) || !ENDINGS.some((ending) => entry.name.endsWith(ending))) {
      throw new Refused(`${file.name} lists ${entry.name}, which is not a file a build makes`);
    }
    const real = input.files.find(({ name }) => name === entry.name);
    if (real === undefined) throw new Refused(`${entry.name}, listed in ${file.name}, is missing`);
    if (real.sha256 !== entry.sha256 || real.sizeBytes !== entry.size) {
      throw new Refused(`${entry.name} differs from what ${file.name} says`);
    }
    listed.push(real);
  }
  const packages = listed.filter(({ name }) => !name.endsWith(".buildinfo"));
  await inParallel(packages, (entry) => checkPackage(input, entry));
  return [file, ...listed];
}

function oneChanges({ description }: ResultsInput, changes: readonly RunnerFile[]): RunnerFile {
  const [file] = changes;
  if (file === undefined || changes.length > 1) {
    throw new Refused(
      `there are ${changes.length} .changes files: ${changes.map(({ name }) => name).join(", ")}`,
    );
  }
  const { source, version, arch } = description;
  const names = [arch, "all"].map((word) => `${source}_${withoutEpoch(version)}_${word}.changes`);
  if (!names.includes(file.name)) throw new Refused(`${file.name} should be named ${names.join(" or ")}`);
  return file;
}

function checkEqual(file: string, field: string, have: string, want: string): void {
  if (have !== want)
    throw new Refused(`${file} has ${field} ${JSON.stringify(have)} instead of ${JSON.stringify(want)}`);
}

async function readText(dir: string, file: RunnerFile): Promise<string> {
  if (file.sizeBytes > MAX_CHANGES_BYTES)
    throw new Refused(`${file.name} is larger than ${MAX_CHANGES_BYTES} bytes`);
  const handle = await open(join(dir, file.name), constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return await handle.readFile("utf8");
  } finally {
    await handle.close();
  }
}

async function checkPackage({ description, dir, ownerOf }: ResultsInput, file: RunnerFile): Promise<void> {
  const handle = await open(
    join(dir, file.name),
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  );
  try {
    const { stanza } = await readDeb(await handleSource(handle, file.name), { withPaths: false });
    const control = checkControl(stanza, file.name);
    checkEqual(file.name, "Source", control.source, description.source);
    checkEqual(file.name, "source version", control.sourceVersion, description.version);
    const { architecture } = control;
    const fits =
      architecture === "all"
        ? description.buildAll
        : description.buildAny && architecture === description.arch;
    if (!fits)
      throw new Refused(`${file.name} is of architecture ${architecture}, which was not to be built here`);
    const owner = await ownerOf?.(control.packageName);
    if (owner !== undefined && owner !== description.source) {
      const what = `package ${control.packageName} already comes from source ${owner} in ${description.distribution}`;
      throw new Refused(
        `${what}: upload a version of ${owner} without it, remove ${owner} there, or rename the package`,
        "package",
      );
    }
  } finally {
    await handle.close();
  }
}
