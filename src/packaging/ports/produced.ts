import { chmod, cp, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Database } from "#db";
import { DEFAULT_PORT_OPTIONS, externalPortVersion, keyringPackageName } from "#deb";
import type { Signer } from "#keys";
import {
  activeDistributions,
  type DistributionRows,
  distributionName,
  resolveUploadTarget,
} from "#repositories";
import { versionsOf } from "../version-rules.ts";
import { keyringTree } from "./keyring-tree.ts";
import { type MakeDeps, makeSource } from "./make-source.ts";
import {
  eachTarget,
  type PortAnswer,
  type PortSource,
  type PortWish,
  type ReserveDeps,
  reservePort,
} from "./port-request.ts";
import { TEST_PACKAGES, type TestPackage, testPackageDir } from "./test-packages.ts";

export interface ProduceDeps extends ReserveDeps, MakeDeps {
  readonly db: Database;
  readonly signer: Pick<Signer, "publicKeyBinary">;
  /** Address of the instance without a slash at its end. */
  readonly url: string;
}

export interface KeyringQuestion {
  /** None: every suite of active repositories that has keyring packages. */
  readonly distributions: readonly string[];
  readonly withoutMigration: boolean;
}

/** Call `keyring_packages` (pipeline.md 8.2): one source package, ported to each distribution. */
export async function makeKeyringPackages(
  deps: ProduceDeps,
  question: KeyringQuestion,
  requestedBy: string,
): Promise<PortAnswer[]> {
  const targets = await keyringTargets(deps.db, question.distributions);
  if (targets.length === 0) return [];
  const { identity, hostname, url } = deps;
  const distributions = await activeDistributions(deps.db.read);
  const keys = deps.signer.publicKeyBinary();
  const files = keyringTree({ identity, hostname, url, keys, distributions });
  const from = await makeSource(deps, keyringPackageName(identity), (tree) => writeTree(tree, files));
  const migrate = !question.withoutMigration;
  return await portTo(deps, targets, { kind: "keyring", from, requestedBy, migrate });
}

/** The distributions that are meant. */
export async function keyringTargets(db: Database, given: readonly string[]): Promise<readonly string[]> {
  if (given.length > 0) return given;
  return await suitesOf(db, (suite) => suite.build_keyring_package === 1);
}

export interface TestQuestion {
  readonly sources: readonly TestPackage[];
  /** None: every experimental suite of active repositories. */
  readonly distributions: readonly string[];
}

export interface TestAnswer {
  readonly source: TestPackage;
  readonly expected: string;
  readonly answer: PortAnswer;
}

/** Call `test_packages` (pipeline.md 8.3). */
export async function makeTestPackages(
  deps: ProduceDeps,
  question: TestQuestion,
  requestedBy: string,
): Promise<TestAnswer[]> {
  const targets = await testTargets(deps.db, question.distributions);
  const made: TestAnswer[] = [];
  for (const source of targets.length === 0 ? [] : question.sources) {
    const expected = TEST_PACKAGES[source];
    const from = await makeSource(deps, source, (tree) => copyTree(testPackageDir(source), tree));
    const answers = await portTo(deps, targets, { kind: "test", from, requestedBy, expected });
    made.push(...answers.map((answer) => ({ source, expected, answer })));
  }
  return made;
}

/** The distributions that are meant. */
export async function testTargets(db: Database, given: readonly string[]): Promise<readonly string[]> {
  if (given.length > 0) return given;
  return await suitesOf(db, (suite) => suite.name === "experimental");
}

async function portTo(
  deps: ProduceDeps,
  targets: readonly string[],
  wish: Omit<PortWish, "target" | "version" | "options"> & { readonly from: PortSource },
): Promise<PortAnswer[]> {
  return await eachTarget(targets, async (distribution) => {
    const target = await resolveUploadTarget(deps.db.read, distribution);
    const version = externalPortVersion(wish.from.version, versionsOf(target));
    const whole = { ...wish, target, version, options: DEFAULT_PORT_OPTIONS };
    return await deps.db.write((tx) => reservePort(deps, tx, whole));
  });
}

async function suitesOf(
  db: Database,
  wanted: (suite: DistributionRows["suites"][number]) => boolean,
): Promise<string[]> {
  const all = await activeDistributions(db.read);
  return all
    .flatMap((rows) => rows.suites.filter(wanted).map((suite) => distributionName(rows, suite.name)))
    .sort();
}

async function writeTree(tree: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), content);
  }
  await chmod(join(tree, "debian/rules"), 0o755);
}

async function copyTree(from: string, tree: string): Promise<void> {
  await cp(from, tree, { recursive: true });
  await chmod(join(tree, "debian/rules"), 0o755);
}
