import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { LEVELS, type Level } from "#accounts";
import {
  createPackages,
  createPlainClient,
  type Instance,
  type InstanceOptions,
  okCli,
  type Packages,
  type PlainClient,
  run,
  SANDBOX,
  type SourcePackage,
  startInstance,
} from "#testing";

/** Somebody who makes calls, and what tells the instance so. */
export interface Caller {
  readonly name: string;
  readonly level: Level;
  readonly headers: Readonly<Record<string, string>>;
  /** Of a user. */
  readonly user?: { readonly name: string; readonly password: string };
}

/** What the instance has. */
export interface Things {
  readonly distribution: string;
  readonly source: string;
  /** Versions of the source: the live one, and that of its first rollback. */
  readonly version: string;
  readonly olderVersion: string;
  /** Of a packaging that failed. */
  readonly bkey: string;
}

/** Of the distribution. */
export const SNAPSHOT = "kept";

/** A real instance that builds nothing, but has packages, people and what they may ask for. */
export interface ApiScene {
  readonly instance: Instance;
  readonly client: PlainClient;
  readonly things: Things;
  readonly nobody: Caller;
  /** Users of each level but NONE, by token, by password and signed in on a page. */
  readonly callers: readonly Caller[];
  readonly admin: Caller;
  /** A file that holds the token of `admin`. */
  readonly tokenFile: string;
  close(): Promise<void>;
}

export const NOBODY: Caller = { name: "nobody", level: "NONE", headers: {} };

export async function createApiScene(options: Pick<InstanceOptions, "serve"> = {}): Promise<ApiScene> {
  const instance = await startInstance({ chroot: false, ...options });
  const work = await mkdtemp(join(tmpdir(), "mbd-api-"));
  const packages = await createPackages(instance);
  const client = createPlainClient(instance.httpPort);
  const close = async () => {
    client.close();
    await packages.close();
    await instance.close();
    await rm(work, { recursive: true, force: true });
  };
  try {
    const things = await fill(instance, packages);
    const callers: Caller[] = [];
    for (const level of LEVELS.slice(1)) callers.push(...(await callersOf(instance, client, level)));
    const admin = callers.find(({ level }) => level === "ADMIN") ?? NOBODY;
    const tokenFile = join(work, "token");
    const token = admin.headers.authorization?.replace("Bearer ", "") ?? "";
    await writeFile(tokenFile, token, { mode: 0o600 });
    return { instance, client, things, nobody: NOBODY, callers, admin, tokenFile, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function callersOf(instance: Instance, client: PlainClient, level: Level): Promise<Caller[]> {
  const name = `${level.toLowerCase()}-user`;
  const token = await secretOf(instance, ["admin", "token", "--level", level, "--name", name]);
  const password = await secretOf(instance, ["admin", "create", name, "--level", level]);
  const user = { name, password };
  const basic = Buffer.from(`${name}:${password}`).toString("base64");
  return [
    { name: `${level} by token`, level, headers: { authorization: `Bearer ${token}` } },
    { name: `${level} by password`, level, user, headers: { authorization: `Basic ${basic}` } },
    { name: `${level} by session`, level, user, headers: await signIn(client, instance.url, user) },
  ];
}

/** What a browser sends that signed in: its cookie and, as it must with a cookie, where its page is from. */
export async function signIn(
  client: PlainClient,
  origin: string,
  user: { readonly name: string; readonly password: string },
): Promise<{ readonly cookie: string; readonly origin: string }> {
  const answer = await client.ask({
    ...{ method: "POST", path: "/account/sign-in", headers: { origin } },
    body: new URLSearchParams(user),
  });
  const [cookie = ""] = answer.headers["set-cookie"]?.[0]?.split(";") ?? [];
  if (answer.status !== 303 || cookie === "")
    throw new Error(`${user.name}: ${answer.status} ${answer.text}`);
  return { cookie, origin };
}

/** What a command prints as its last word. */
export async function secretOf(instance: Instance, words: readonly string[]): Promise<string> {
  return (await okCli(instance.cli(words))).stdout.trim().split(/\s+/).at(-1) ?? "";
}

async function fill(instance: Instance, packages: Packages): Promise<Things> {
  const source = "mbd-called";
  const distribution = packages.distribution();
  const versions = [1, 2].map((revision) => packages.version("1.0", SANDBOX, revision));
  const [olderVersion = "", version = ""] = versions;
  for (const each of versions) {
    const made = await packages.make({ name: source, version: each });
    const deb = await makeDeb(made);
    await okCli(instance.cli(["archive", "add", distribution, made.dsc, deb]));
  }
  const bkey = recordFailed(instance, distribution);
  await okCli(instance.cli(["archive", "snapshot", "create", distribution, SNAPSHOT]));
  return { distribution, source, version, olderVersion, bkey };
}

/** The binary package of a source, as a build would make it. */
async function makeDeb({ dir, source, version }: SourcePackage): Promise<string> {
  const tree = join(dir, "deb");
  const file = join(dir, `${source}_${version}_all.deb`);
  const control = `Package: ${source}
Version: ${version}
Architecture: all
Maintainer: A Tester <tester@example.org>
Section: misc
Priority: optional
Description: for tests
`;
  await run("mkdir", ["-p", join(tree, "DEBIAN")]);
  await writeFile(join(tree, "DEBIAN/control"), control);
  await run("dpkg-deb", ["--root-owner-group", "-b", tree, file]);
  return file;
}

/**
 * A packaging that failed long ago, with a build of it and a log of it that is gone; returns its build key. Real ones
 * would be built, which takes a chroot.
 */
function recordFailed({ home, codename, arch }: Instance, distribution: string): string {
  const [source, version, at] = ["mbd-failed", "1.0", "2024-01-02T03:04:05.678Z"];
  const bkey = `${source}/${version}/20240102T030405Z/source`;
  const common = { source, version, distribution, component: "main", created_at: at, ended_at: at };
  const db = new Sqlite(join(home, "mini-buildd.sqlite"), { timeout: 10_000 });
  const insert = (table: string, row: Record<string, unknown>) => {
    const names = Object.keys(row);
    const values = names.map((name) => `@${name}`).join(", ");
    return db.prepare(`INSERT INTO ${table} (${names.join(", ")}) VALUES (${values})`).run(row)
      .lastInsertRowid;
  };
  try {
    const changes = { changes_name: `${source}_${version}_source.changes`, changes_sha256: "0".repeat(64) };
    const upload = insert("upload", {
      ...{
        ...common,
        ...changes,
        origin: "ftp",
        state: "ACCEPTED",
        errors: "[]",
        received_from: "127.0.0.1",
      },
    });
    const packaging = insert("packaging", {
      ...{ ...common, bkey, upload_id: upload, repository: SANDBOX, codename, suite: "unstable" },
      ...{ dsc: `${source}_${version}.dsc`, options: "{}", changed_by: "A Tester <tester@example.org>" },
      ...{ state: "FAILED", accepted_no: 1 },
    });
    insert("build", {
      ...{ packaging_id: packaging, bkey: `${bkey} ${arch}`, source, distribution, codename, arch },
      ...{ build_any: 1, build_all: 1 },
      ...{ optional: 0, state: "FAILED", reason: "package", attempt: 1, fence: 1, cancel_requested: 0 },
      ...{ queued_at: at, started_at: at, ended_at: at },
    });
    return bkey;
  } finally {
    db.close();
  }
}
