import { appendFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EventView } from "#events";
import {
  changeOneByte,
  createGpg,
  createPackages,
  ftpConnect,
  type Gpg,
  httpPut,
  type Instance,
  okCli,
  type Packages,
  relist,
  rewriteFile,
  SIGNED,
  type SourcePackage,
  type SourcePackageOptions,
  sendByFtp,
  sendByHttp,
  startInstance,
  type TestKey,
  waitFor,
  waitForEnd,
} from "#testing";

// Whatever is wrong with an upload: it ends REJECTED with a sentence that says what, where and why, and leaves nothing.
let instance: Instance;
let packages: Packages;
let gpg: Gpg;
let stranger: TestKey;
let elsewhere: TestKey;
/** What is in the sandbox: revision 2 of mbd-there. */
let there: SourcePackage;
/** Signed while the key was good. */
let signedInTime: SourcePackage;
let before: Traces;

const EXPIRES_SECONDS = 30;
let expiresAt = 0;

beforeAll(async () => {
  instance = await startInstance();
  packages = await createPackages(instance);
  gpg = await createGpg();
  stranger = await gpg.makeKey("Mallory");
  elsewhere = await gpg.makeKey("Bob");
  const expiring = await gpg.makeKey("Trent", { expire: `seconds=${EXPIRES_SECONDS}` });
  expiresAt = Date.now() + EXPIRES_SECONDS * 1000;
  signedInTime = await makeSigned(expiring);
  await okCli(instance.cli(["key", "add", expiring.file, "--repository", SIGNED]));
  await okCli(instance.cli(["key", "add", elsewhere.file, "--repository", "test"]));
  there = await packages.make({ name: "mbd-there", version: packages.version("1.0", "test", 2) });
  await sendByFtp(instance.ftpPort, there.files);
  await waitForEnd(instance, there, "INSTALLED");
  before = await traces();
});

afterAll(async () => {
  await gpg?.close();
  await packages?.close();
  await instance?.close();
});

interface Traces {
  readonly packagings: number;
  readonly poolRows: number;
  readonly pool: readonly string[];
  /** Blobs that no received file accounts for. */
  readonly strays: readonly string[];
}

/** All that an upload could leave behind besides what was received. */
async function traces(): Promise<Traces> {
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

interface BadUpload {
  readonly what: string;
  /** Makes the files to send, in their order. */
  readonly files: () => Promise<readonly string[]>;
  readonly code: string;
  /** What the sentence names, besides the reason: file, field or value. */
  readonly says: readonly RegExp[];
  readonly by?: "ftp" | "http";
}

let serial = 0;

function make(options: Partial<SourcePackageOptions> = {}): Promise<SourcePackage> {
  serial += 1;
  return packages.make({ name: `mbd-bad${serial}`, ...options });
}

/** For the repository that takes signed uploads only. */
function makeSigned(key?: TestKey): Promise<SourcePackage> {
  const target = { version: packages.version("1.0", SIGNED), distribution: packages.distribution(SIGNED) };
  return make({ ...target, ...(key === undefined ? {} : { sign: { gpg, key } }) });
}

/** A package to the sandbox with something done to it. */
function spoiled(spoil: (made: SourcePackage) => Promise<void>, options: Partial<SourcePackageOptions> = {}) {
  return async () => {
    const made = await make(options);
    await spoil(made);
    return made.files;
  };
}

function spoiledChanges(change: (text: string) => string, options: Partial<SourcePackageOptions> = {}) {
  return spoiled(async (made) => await rewriteFile(made.changes, change), options);
}

async function filesOf(made: Promise<SourcePackage>): Promise<readonly string[]> {
  return (await made).files;
}

function tarballOf(made: SourcePackage): string {
  const found = made.files.find((file) => file.includes(".tar."));
  if (found === undefined) throw new Error("the package has no tarball");
  return found;
}

const suite = (name: string, repository?: string) => packages.distribution(repository, name);

const BAD_UPLOADS: readonly BadUpload[] = [
  {
    what: "no signature where one is needed",
    files: () => filesOf(makeSigned()),
    code: "signature_missing",
    says: [/mbd-bad\d+_\S+_source\.changes/, /not signed/, /'acme'/],
  },
  {
    what: "signed by nobody we know",
    files: () => filesOf(makeSigned(stranger)),
    code: "signature_unknown_key",
    says: [/_source\.changes/, /not known/, /key [0-9A-F]{16,40}/],
  },
  {
    what: "signed by a key of another repository",
    files: () => filesOf(makeSigned(elsewhere)),
    code: "not_authorised",
    says: [/_source\.changes/, /may not upload to repository 'acme'/, /[0-9A-F]{40}/],
  },
  {
    what: "signed by a key that has expired since",
    async files() {
      await waitFor(() => (Date.now() > expiresAt + 1000 ? true : undefined), {
        timeoutMs: (EXPIRES_SECONDS + 5) * 1000,
        what: "the key expires",
      });
      return signedInTime.files;
    },
    code: "key_expired",
    says: [/_source\.changes/, /has expired/],
  },
  {
    what: "changed after it was signed",
    async files() {
      const made = await makeSigned(elsewhere);
      await rewriteFile(made.changes, (text) => text.replace("Urgency: medium", "Urgency: high"));
      return made.files;
    },
    code: "signature_bad",
    says: [/_source\.changes/, /signature/],
  },
  {
    what: "text before the signed message",
    async files() {
      const made = await makeSigned(elsewhere);
      await rewriteFile(made.changes, (text) => `Hello\n\n${text}`);
      return made.files;
    },
    code: "signature_format",
    says: [/_source\.changes/],
  },
  {
    what: "a file of the same size with other content",
    files: spoiled((made) => changeOneByte(tarballOf(made))),
    code: "incomplete",
    says: [/mbd-bad\d+_\S+\.tar\.xz has SHA256 [0-9a-f]{64} instead of/],
  },
  {
    what: "a missing file",
    async files() {
      const made = await make();
      return made.files.filter((file) => file !== tarballOf(made));
    },
    code: "incomplete",
    says: [/mbd-bad\d+_\S+\.tar\.xz is missing/],
  },
  {
    what: "a file of another size",
    files: spoiled((made) => appendFile(tarballOf(made), "more")),
    code: "incomplete",
    says: [/mbd-bad\d+_\S+\.tar\.xz has \d+ bytes instead of \d+/],
  },
  {
    what: "an announced size beyond every limit",
    files: spoiledChanges((text) => text.replaceAll(/ \d+ (.*\.tar\.xz)$/gm, " 99999999999999 $1")),
    code: "incomplete",
    says: [/\.tar\.xz has \d+ bytes instead of 99999999999999/],
  },
  {
    what: "a listed name that climbs out",
    files: spoiledChanges((text) => text.replaceAll(/ (mbd-bad\S+\.tar\.xz)$/gm, " ../../$1")),
    code: "bad_changes",
    says: [/_source\.changes/, /\.\.\/\.\.\/mbd-bad/],
  },
  {
    what: "a repository that is not there",
    files: async () => await filesOf(make({ distribution: suite("unstable", "nope") })),
    code: "unknown_repository",
    says: [/'nope'/],
  },
  {
    what: "a codename that is not there",
    files: async () => await filesOf(make({ distribution: "duke-test-unstable" })),
    code: "unknown_codename",
    says: [/'duke'/, /'test'/],
  },
  {
    what: "a distribution of no such form",
    files: async () => await filesOf(make({ distribution: "unstable" })),
    code: "bad_distribution",
    says: [/'unstable'/],
  },
  {
    what: "a rollback as target",
    files: async () => await filesOf(make({ distribution: suite("stable-rollback0") })),
    code: "is_rollback",
    says: [/-stable-rollback0'/, /rollback/],
  },
  {
    what: "a suite that takes no uploads",
    files: async () => await filesOf(make({ distribution: suite("testing") })),
    code: "not_uploadable",
    says: [/'testing'/, /does not take uploads/],
  },
  {
    what: "a version without the mandatory part",
    files: async () => await filesOf(make({ version: "1.0" })),
    code: "version_restriction",
    says: [/'1\.0'/, /mbd-bad/, /-test-unstable/],
  },
  {
    what: "a lower version",
    files: async () =>
      await filesOf(make({ name: "mbd-there", version: packages.version("1.0", "test", 1) })),
    code: "version_lower",
    says: [/mbd-there/, /lower than 1\.0~test\S+\+2/],
  },
  {
    what: "a version that is there with other content",
    files: async () =>
      await filesOf(make({ name: "mbd-there", version: there.version, bullets: ["Other."] })),
    code: "version_exists",
    says: [/mbd-there 1\.0~test\S+\+2 is already in \S+-test-unstable/],
  },
  {
    what: "the same upload again",
    files: async () => there.files,
    code: "duplicate_upload",
    says: [/mbd-there_\S+_source\.changes/, /received before/, /INSTALLED/],
    by: "http",
  },
  {
    what: "a .changes without the field Version",
    files: spoiledChanges((text) => text.replace(/^Version: .*\n/m, "")),
    code: "bad_changes",
    says: [/_source\.changes/, /Version/],
    by: "http",
  },
  {
    what: "a .changes with a field twice",
    files: spoiledChanges((text) => text.replace(/^(Distribution: .*\n)/m, "$1$1")),
    code: "bad_changes",
    says: [/_source\.changes/, /Distribution/],
  },
  {
    what: "a .changes that is none",
    files: spoiled((made) => writeFile(made.changes, "\0\u0001nothing\n")),
    code: "bad_changes",
    says: [/_source\.changes/],
  },
  {
    what: "a .dsc without the field Format",
    files: spoiled(async (made) => {
      await rewriteFile(made.dsc, (text) => text.replace(/^Format: .*\n/m, ""));
      await relist(made.changes, made.dsc);
    }),
    code: "bad_dsc",
    says: [/mbd-bad\d+_\S+\.dsc/, /Format/],
  },
  {
    what: "a .dsc of another version",
    files: spoiled(async (made) => {
      await rewriteFile(made.dsc, (text) => text.replace(/^Version: .*$/m, "Version: 7"));
      await relist(made.changes, made.dsc);
    }),
    code: "bad_dsc",
    says: [/mbd-bad\d+_\S+\.dsc/, /mbd-bad\d+ 7/],
    by: "http",
  },
  {
    what: "an upload option with a bad value",
    files: async () => await filesOf(make({ options: ["lintian-mode=ignore"] })),
    code: "option_bad_value",
    says: [/lintian-mode/, /ignore/],
  },
  {
    what: "an upload option that is none",
    files: async () => await filesOf(make({ options: ["run-lintian=no"] })),
    code: "option_unknown",
    says: [/run-lintian/],
  },
  {
    what: "nothing to build on any architecture",
    files: async () => await filesOf(make({ architecture: instance.arch === "s390x" ? "armel" : "s390x" })),
    code: "nothing_to_build",
    says: [/mbd-bad\d+/, /-test-unstable/],
  },
  {
    what: "an orig tarball that nobody has",
    files: async () =>
      await filesOf(make({ format: "quilt", version: packages.version("1.0-1"), sourceStyle: "-sd" })),
    code: "source_incomplete",
    says: [/mbd-bad\d+_1\.0\.orig\.tar\.xz/, /mbd-bad\d+_\S+\.dsc/],
  },
];

async function send(files: readonly string[], by: "ftp" | "http"): Promise<void> {
  if (by === "ftp") await sendByFtp(instance.ftpPort, files);
  else await sendByHttp(instance.httpPort, files, `bad-uploads-session-${serial}`);
}

describe.each(BAD_UPLOADS)("$what", ({ files, code, says, by = "ftp" }) => {
  let event: EventView;

  test(`is rejected with ${code} and a sentence that names it`, async () => {
    const after = await instance.lastEvent();

    await send(await files(), by);

    event = await instance.waitForEvent({ type: "REJECTED", after }, 30_000);
    expect(event.data.errors).toMatchObject([{ code }]);
    for (const expected of says) expect(event.message).toMatch(expected);
    expect(event.message).toMatch(/^[^\n]+[.)]$/);
    expect(event.message).not.toMatch(/undefined|\[object|\bat .*\.[jt]s:/);
  });

  test("is seen on the command line and on its page", async () => {
    const listed = await instance.cli([
      "events",
      "local",
      "--after",
      String(event.id - 1),
      "--exit-on",
      "REJECTED",
      "--json",
    ]);
    expect(listed.stdout).toContain(JSON.stringify(event.message));

    const page = await instance.page(`/uploads/${event.upload}`);
    expect(page.status).toBe(200);
    expect(plainText(page.text)).toContain(event.message);
  });

  test("leaves nothing but what was received", async () => {
    expect(await traces()).toEqual(before);
  });
});

describe("a file name that climbs out", () => {
  test.each(["../evil.changes", "..", "/etc/evil.dsc", "a/../../evil.dsc", ".hidden"])(
    "%s by FTP",
    async (name) => {
      const client = await ftpConnect(instance.ftpPort);
      const reply = await client.store(name, "evil");
      client.destroy();

      expect(reply.code).toBe(550);
      expect(reply.text).toMatch(/^550 .*(file name|directory)/);
      expect(await traces()).toEqual(before);
    },
  );

  test.each(["..%2fevil.changes", "%2e%2e%2fevil.dsc", "%2fetc%2fevil.dsc", "a%00.dsc", ".hidden"])(
    "%s by HTTP",
    async (name) => {
      const answer = await httpPut(instance.httpPort, { name, content: "evil" });

      expect(answer.status).toBe(400);
      expect(answer.reason).toContain("file name");
      expect(await traces()).toEqual(before);
    },
  );
});

test("a file beyond the limit is refused by its announced length, before it is sent", async () => {
  const content = Buffer.from("the first bytes");

  const answer = await httpPut(instance.httpPort, {
    name: "huge.tar.xz",
    content,
    lengthBytes: 9 * 1024 ** 4,
  });

  expect(answer.status).toBe(413);
  expect(answer.reason).toMatch(/huge\.tar\.xz.* larger than|larger than .*huge\.tar\.xz/);
  expect(await traces()).toEqual(before);
});

/** What a reader of the page sees. */
function plainText(html: string): string {
  const entities: Record<string, string> = {
    "&#39;": "'",
    "&quot;": '"',
    "&lt;": "<",
    "&gt;": ">",
    "&amp;": "&",
  };
  return html
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll(/&(?:#39|quot|lt|gt|amp);/g, (entity) => entities[entity] ?? "");
}
