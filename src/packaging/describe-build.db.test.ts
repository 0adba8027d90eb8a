import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { BuildRequest } from "#builds";
import type { RowUpdate } from "#db";
import { parseUploadOptions } from "#deb";
import { createBlobStore } from "#platform";
import { createRepositoryService } from "#repositories";
import { type DescribeDeps, describeBuild } from "./describe-build.ts";
import { type Bench, openBench } from "./test-support.ts";
import { addSource } from "./test-upload.ts";

const VERSION = "1.0~test12+1";
const DSC = `hello_${VERSION}.dsc`;

let bench: Bench;
let dir: string;
let deps: DescribeDeps;
beforeEach(async () => {
  bench = await openBench();
  dir = mkdtempSync(join(tmpdir(), "mbd-describe-"));
  deps = {
    db: bench.db,
    blobs: createBlobStore(join(dir, "store")),
    findPoolFile: async () => undefined,
    instanceKey: { publicKeyBinary: () => Buffer.from("key") },
    ports: () => ({ http: 8066, proxy: 3142 }),
  };
  await addRepository();
});
afterEach(async () => {
  await bench.db.close();
  rmSync(dir, { recursive: true });
});

async function addRepository(): Promise<void> {
  const service = createRepositoryService({
    ...bench,
    identity: "acme",
    hostname: "host",
    ensureDistribution: async () => 1,
  });
  await bench.db.write(async (tx) => {
    const source = {
      ...{ origin: "Debian", codename: "bookworm", archives: '["https://archive.example.org/debian/"]' },
      ...{ keyring: "a2V5", match: "{}", check_valid_until: 1 as const, remove_from_component: "" },
      ...{ state: "active", description: "", codeversion: "12", components: '["main"]' },
      architectures: '["amd64", "arm64"]',
    };
    const { id } = await tx.insertInto("source").values(source).returning("id").executeTakeFirstOrThrow();
    await service.create(tx, { identity: "test", layout: "Default", allowUnauthenticatedUploads: true });
    const architectures = ["amd64", "arm64"];
    await service.addDistribution(tx, { repository: "test", sourceId: id, architectures, extraSources: [] });
  });
}

async function store(name: string, text: string) {
  const { sha256, sizeBytes: size } = await deps.blobs.put(Readable.from([Buffer.from(text)]));
  return { name, sha256, size, md5: createHash("md5").update(text).digest("hex") };
}

/** What a worker is told of a build on an architecture, with options of the upload and settings of the distribution. */
async function describeWith(
  arch: "amd64" | "arm64",
  texts: readonly string[],
  settings: RowUpdate<"distribution"> = {},
  suite = "unstable",
  origin = "http",
  signer: string | null = "A".repeat(40),
): Promise<BuildRequest> {
  const tar = await store(`hello_${VERSION}.tar.xz`, "a tree");
  const dsc = await store(
    DSC,
    `Format: 3.0 (native)\nSource: hello\nBinary: hello\nArchitecture: any\nVersion: ${VERSION}\nMaintainer: A <a@example.org>\nChecksums-Sha256:\n ${tar.sha256} ${tar.size} ${tar.name}\nFiles:\n ${tar.md5} ${tar.size} ${tar.name}\n`,
  );
  const upload = await bench.addUpload({ origin, signer });
  await bench.db.write(async (tx) => {
    for (const { name, sha256, size } of [tar, dsc]) {
      await tx.insertInto("upload_file").values({ upload_id: upload, name, sha256, size }).execute();
    }
    if (Object.keys(settings).length > 0) await tx.updateTable("distribution").set(settings).execute();
  });
  const { options, errors } = parseUploadOptions(texts);
  expect(errors).toEqual([]);
  const bkey = `hello/${VERSION}/20240102T03${String(upload).padStart(4, "0")}Z/source`;
  const packaging = await bench.addPackaging(upload, {
    bkey,
    ...{ version: VERSION, dsc: DSC, options: JSON.stringify(options) },
    ...{ suite, distribution: `bookworm-test-${suite}` },
  });
  return await describeBuild(deps, await bench.addBuild(packaging, { arch, bkey: `${bkey} ${arch}` }));
}

const KEYS: [string, (request: BuildRequest) => unknown, string, unknown, string, unknown][] = [
  ["lintian-mode", ({ qa }) => qa.lintian.mode, "IGNORE", "IGNORE", "WARNFAIL", "WARNFAIL"],
  ["autopkgtest-mode", ({ qa }) => qa.autopkgtest.mode, "ERRFAIL", "ERRFAIL", "IGNORE", "IGNORE"],
  ["piuparts-mode", ({ qa }) => qa.piuparts.mode, "WARNFAIL", "WARNFAIL", "ERRFAIL", "ERRFAIL"],
  ["internal-apt-priority", ({ apt }) => apt.own[0]?.priority, "500", 500, "-1", -1],
  [
    "deb-build-options",
    ({ tool }) => tool.debBuildOptions,
    "nocheck parallel=3",
    ["nocheck", "parallel=3"],
    "nodoc",
    ["nodoc"],
  ],
  ["deb-build-profiles", ({ tool }) => tool.debBuildProfiles, "nodoc,cross", ["nodoc", "cross"], "", []],
  [
    "add-depends",
    ({ tool }) => tool.addDepends,
    "libfoo-dev (>= 1.2), bar | baz",
    ["libfoo-dev (>= 1.2)", "bar | baz"],
    "quux",
    ["quux"],
  ],
];

test("an https archive is asked for in the clear: apt reaches it by the proxy, which opens no tunnels", async () => {
  const { apt } = await describeWith("amd64", []);

  expect(apt.base.uris).toEqual(["http://archive.example.org/debian/"]);
  expect(apt.proxy).toEqual({ port: 3142 });
});

test("extra sources come with their pins; one that has none of the components is left out", async () => {
  const extra = { archives: '["https://archive.example.org/debian/"]', keyring: "a2V5" };
  const updates = await addSource(bench, {
    ...{ ...extra, codename: "bookworm-updates", components: '["updates/main", "contrib"]' },
    ...{ remove_from_component: "updates/", match: '{"suite":"stable-updates"}' },
  });
  const other = await addSource(bench, { ...extra, codename: "bookworm-other", components: '["contrib"]' });

  const { apt } = await describeWith("amd64", [], {
    extra_sources: JSON.stringify([
      { source: other, priority: 1 },
      { source: updates, priority: 500 },
    ]),
  });

  expect(apt.extra).toEqual([
    {
      ...{ name: "debian-bookworm-updates", suite: "bookworm-updates", components: ["main"] },
      ...{ uris: ["http://archive.example.org/debian/"], key: "a2V5", checkValidUntil: true },
      ...{ pin: { o: "Debian", n: "bookworm-updates", a: "stable-updates" }, priority: 500 },
    },
  ]);
});

test.each(KEYS)("%s of an upload: that of the architecture, else that of all", async (key, of, ...values) => {
  const [general, expectedGeneral, ofArm64, expectedArm64] = values;
  const texts = [`${key}=${general}`, `${key}[arm64]=${ofArm64}`];

  expect(of(await describeWith("amd64", texts))).toEqual(expectedGeneral);
  expect(of(await describeWith("arm64", texts))).toEqual(expectedArm64);
});

test.each(KEYS)("%s for another architecture only changes nothing", async (key, of, general) => {
  const [plain, other] = [
    await describeWith("amd64", []),
    await describeWith("amd64", [`${key}[arm64]=${general}`]),
  ];

  expect(of(other)).toEqual(of(plain));
});

test("of what the instance made itself, lintian does not count the instance's address", async () => {
  const ours = "--suppress-tags=bogus-mail-host,bogus-mail-host-in-debian-changelog";

  const [uploaded, ported] = [
    await describeWith("amd64", []),
    await describeWith("amd64", [], {}, "unstable", "internal"),
  ];

  expect(uploaded.qa.lintian.options).not.toContain(ours);
  expect(ported.qa.lintian.options).toEqual([ours, ...uploaded.qa.lintian.options]);
});

test.each([
  ["signed", "signed", "ERRFAIL"],
  ["signed", "unauthenticated", "DISABLED"],
  ["all", "unauthenticated", "ERRFAIL"],
  ["none", "signed", "DISABLED"],
])(
  "checks switched on where that is for uploads: %s; by one that is %s: %s",
  async (who, upload, expected) => {
    const texts = ["autopkgtest-mode=ERRFAIL", "piuparts-mode[amd64]=ERRFAIL", "lintian-mode=WARNFAIL"];
    const signer = upload === "signed" ? "B".repeat(40) : null;
    const of = (settings: RowUpdate<"distribution">) =>
      describeWith("amd64", texts, settings, "unstable", "http", signer);

    const off = await of({ checks_by_uploads: who });
    const on = await of({ autopkgtest_mode: "IGNORE", piuparts_mode: "IGNORE" });

    const modes = ({ qa }: BuildRequest) => [qa.lintian.mode, qa.autopkgtest.mode, qa.piuparts.mode];
    expect(modes(off)).toEqual(["WARNFAIL", expected, expected]);
    expect(modes(on)).toEqual(["WARNFAIL", "ERRFAIL", "ERRFAIL"]);
  },
);

test("what the upload does not say, the distribution does", async () => {
  const request = await describeWith("amd64", [], {
    ...{ lintian_mode: "WARNFAIL", autopkgtest_mode: "IGNORE", piuparts_mode: "ERRFAIL" },
    ...{ lintian_extra_options: '["--info"]', lintian_warnfail_options: '["--pedantic"]' },
    ...{ internal_apt_priority: 600, build_dep_resolver: "aspcud" },
    ...{ deb_build_options: "nocheck", deb_build_profiles: "nodoc" },
  });

  expect(request.qa).toEqual({
    experimental: false,
    lintian: { mode: "WARNFAIL", options: ["--info", "--pedantic"] },
    autopkgtest: { mode: "IGNORE" },
    piuparts: { mode: "ERRFAIL" },
  });
  expect(request.apt.own[0]?.priority).toBe(600);
  expect(request.tool).toMatchObject({
    ...{ resolver: "aspcud", debBuildOptions: ["nocheck"], debBuildProfiles: ["nodoc"], addDepends: [] },
  });
});

test("an empty option takes the place of the distribution's setting", async () => {
  const request = await describeWith("amd64", ["deb-build-options=", "deb-build-profiles="], {
    ...{ deb_build_options: "nocheck", deb_build_profiles: "nodoc" },
  });

  expect([request.tool.debBuildOptions, request.tool.debBuildProfiles]).toEqual([[], []]);
});

test("blocks of the distribution come whole, in its order", async () => {
  await bench.db.write((tx) =>
    tx
      .insertInto("block")
      .values({
        ...{ name: "own", phase: "build", version: 4, removed: 0, text: "echo own\n", packages: "[]" },
        ...{ variables: '{"LEVEL":"2"}', path: '["/opt/bin"]', changed_at: "" },
      })
      .execute(),
  );

  const { tool } = await describeWith("amd64", [], { blocks: '["own","ccache"]' });

  expect(tool.blocks).toMatchObject([
    { name: "own", version: "4", text: "echo own\n", variables: { LEVEL: "2" }, path: ["/opt/bin"] },
    { name: "ccache", version: "1", caches: ["ccache"], path: ["/usr/lib/ccache"] },
  ]);
});

test("checks are off unless somebody switches them on, and experimental suites are told", async () => {
  const { qa } = await describeWith("amd64", [], {}, "experimental");

  expect(qa).toMatchObject({
    ...{ experimental: true, lintian: { mode: "ERRFAIL" } },
    ...{ autopkgtest: { mode: "DISABLED" }, piuparts: { mode: "DISABLED" } },
  });
});
