import { readdir } from "node:fs/promises";
import { join } from "node:path";
import {
  type Gpg,
  type Instance,
  okCli,
  type Packages,
  SIGNED,
  type SourcePackage,
  type SourcePackageOptions,
  sendByFtp,
  type TestKey,
  waitForEnd,
} from "#testing";

export const EXPIRES_SECONDS = 30;

/** An instance, and who and what bad uploads are made of. */
export interface Scene {
  readonly instance: Instance;
  readonly packages: Packages;
  /** A key that no repository knows. */
  readonly stranger: TestKey;
  /** A key of the sandbox. */
  readonly elsewhere: TestKey;
  /** Keys that may upload to the suite experimental only, and source packages `other-*` only. */
  readonly elsewhereInside: { readonly suite: TestKey; readonly source: TestKey };
  /** What is in the sandbox: revision 2 of mbd-there. */
  readonly there: SourcePackage;
  /** Signed while the key was good, that is until `expiresAt`. */
  readonly signedInTime: SourcePackage;
  readonly expiresAt: number;
  /** A package of a name of its own, to the sandbox unless options say otherwise. */
  make(options?: Partial<SourcePackageOptions>): Promise<SourcePackage>;
  /** For the repository that takes signed uploads only. */
  makeSigned(key?: TestKey): Promise<SourcePackage>;
  /** The distribution of a suite. */
  suite(name: string, repository?: string): string;
}

export async function createScene(instance: Instance, packages: Packages, gpg: Gpg): Promise<Scene> {
  let serial = 0;
  const make = (options: Partial<SourcePackageOptions> = {}) => {
    serial += 1;
    return packages.make({ name: `mbd-bad${serial}`, ...options });
  };
  const makeSigned = (key?: TestKey) => {
    const target = { version: packages.version("1.0", SIGNED), distribution: packages.distribution(SIGNED) };
    return make({ ...target, ...(key === undefined ? {} : { sign: { gpg, key } }) });
  };
  const stranger = await gpg.makeKey("Mallory");
  const elsewhere = await gpg.makeKey("Bob");
  const elsewhereInside = { suite: await gpg.makeKey("Carol"), source: await gpg.makeKey("Dave") };
  const expiring = await gpg.makeKey("Trent", { expire: `seconds=${EXPIRES_SECONDS}` });
  const expiresAt = Date.now() + EXPIRES_SECONDS * 1000;
  const signedInTime = await makeSigned(expiring);
  await okCli(instance.cli(["key", "add", expiring.file, "--repository", SIGNED]));
  await okCli(instance.cli(["key", "add", elsewhere.file, "--repository", "test"]));
  const toSigned = (key: TestKey, ...only: string[]) =>
    okCli(instance.cli(["key", "add", key.file, "--repository", SIGNED, ...only]));
  await toSigned(elsewhereInside.suite, "--suites", "experimental");
  await toSigned(elsewhereInside.source, "--sources", "other-*");
  const there = await packages.make({ name: "mbd-there", version: packages.version("1.0", "test", 2) });
  await sendByFtp(instance.ftpPort, there.files);
  await waitForEnd(instance, there, "INSTALLED");
  return {
    instance,
    packages,
    stranger,
    elsewhere,
    elsewhereInside,
    there,
    signedInTime,
    expiresAt,
    make,
    makeSigned,
    suite: (name, repository) => packages.distribution(repository, name),
  };
}

export interface Traces {
  readonly packagings: number;
  readonly poolRows: number;
  readonly pool: readonly string[];
  /** Blobs that no received file accounts for. */
  readonly strays: readonly string[];
}

/** All that an upload could leave behind besides what was received. */
export async function traces(instance: Instance): Promise<Traces> {
  const count = (table: string) => Number(instance.rows(`SELECT count(*) AS n FROM ${table}`)[0]?.n);
  const received = instance.rows("SELECT sha256 FROM incoming_file UNION SELECT sha256 FROM upload_file");
  const known = new Set(received.map((row) => row.sha256));
  const repositories = await readdir(join(instance.home, "repositories"), { recursive: true });
  const store = await readdir(join(instance.home, "store"), { recursive: true, withFileTypes: true });
  return {
    packagings: count("packaging"),
    poolRows: count("pool_file"),
    pool: repositories.filter((path) => path.includes("/pool/")).sort(),
    strays: store
      .filter((entry) => entry.isFile() && !known.has(entry.name))
      .map((entry) => entry.name)
      .sort(),
  };
}
