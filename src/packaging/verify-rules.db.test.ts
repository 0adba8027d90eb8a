import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseChanges } from "#deb";
import { type BlobStore, createBlobStore } from "#platform";
import { createRepositoryService, resolveUploadTarget } from "#repositories";
import type { FindPoolFile } from "./source-files.ts";
import { type Bench, openBench } from "./test-support.ts";
import { Rejection } from "./verify-payload.ts";
import { checkRules } from "./verify-rules.ts";

let bench: Bench;
let dir: string;
let blobs: BlobStore;
beforeEach(async () => {
  bench = await openBench();
  dir = mkdtempSync(join(tmpdir(), "mbd-rules-"));
  blobs = createBlobStore(dir);
  await addRepository();
});
afterEach(async () => {
  await bench.db.close();
  rmSync(dir, { recursive: true });
});

async function addRepository(): Promise<void> {
  const service = createRepositoryService({
    ...{ ...bench, identity: "acme", hostname: "host", ensureDistribution: async () => 1 },
  });
  await bench.db.write(async (tx) => {
    const { id } = await tx.insertInto("source").values(SOURCE).returning("id").executeTakeFirstOrThrow();
    await service.create(tx, { identity: "test", layout: "Default", allowUnauthenticatedUploads: true });
    const architectures = ["amd64", "arm64"];
    await service.addDistribution(tx, { repository: "test", sourceId: id, architectures, extraSources: [] });
  });
}

const SOURCE = {
  ...{ origin: "Debian", codename: "bookworm", archives: "[]", keyring: "", match: "{}" },
  ...{ check_valid_until: 1 as const, remove_from_component: "", state: "active", description: "" },
  ...{ codeversion: "12", components: '["main","contrib"]', architectures: '["amd64","arm64"]' },
};

interface Given {
  readonly version?: string;
  readonly section?: string;
  readonly packageList?: string;
  readonly options?: readonly string[];
  /** Files that are in the pool. */
  readonly pool?: Readonly<Record<string, string>>;
  /** Whether the upload has the upstream tarball. */
  readonly withOrig?: boolean;
}

/** What the rules say of an upload: `accepted`, or the codes of all that is wrong. */
async function codesOf(given: Given): Promise<string> {
  const { version = "1.0-1~test12+1", section = "misc", options = [], pool = {}, withOrig = true } = given;
  const tars = [`hello_1.0.orig.tar.xz`, `hello_${version}.debian.tar.xz`];
  const listed = await Promise.all(tars.map((name) => store(name, name)));
  const list = given.packageList ?? "arch=any";
  const dsc = await store(
    `hello_${version}.dsc`,
    `Format: 3.0 (quilt)\nSource: hello\nBinary: hello\nArchitecture: any\nVersion: ${version}
Maintainer: A <a@example.org>\nPackage-List:\n hello deb ${section} optional ${list}
Checksums-Sha256:\n${listed.map((file) => ` ${file.sha256} ${file.size} ${file.name}\n`).join("")}`,
  );
  const files = [dsc, ...listed.filter(({ name }) => withOrig || !name.includes(".orig."))];
  const changes = parseChanges(
    `Format: 1.8\nSource: hello\nArchitecture: source\nVersion: ${version}\nDistribution: bookworm-test-unstable
Maintainer: A <a@example.org>\nChanges:\n hello (${version}) bookworm-test-unstable; urgency=medium\n .
${options.map((option) => `   * MINI_BUILDD_OPTION: ${option}\n`).join("")}   * Text.
Checksums-Sha256:\n${files.map((file) => ` ${file.sha256} ${file.size} ${file.name}\n`).join("")}Files:
${files.map((file) => ` ${file.md5} ${file.size} ${section} optional ${file.name}\n`).join("")}`,
  );
  const target = await resolveUploadTarget(bench.db.read, changes.distribution);
  const findPoolFile: FindPoolFile = async (_repository, name) =>
    pool[name] === undefined ? undefined : { sha256: pool[name], size: 1 };
  const deps = { db: bench.db, blobs, findPlaces: async () => [], findPoolFile };
  try {
    const { warnings } = await checkRules(deps, {
      ...{ changes, changesName: "hello.changes", target, signed: true },
      files: files.map((file) => ({ ...file, upload_id: 1 })),
    });
    return ["accepted", ...warnings].join(": ");
  } catch (error) {
    if (error instanceof Rejection) return error.complaints.map(({ code }) => code).join(" ");
    return (error as { code: string }).code;
  }
}

async function store(name: string, text: string) {
  const { sha256, sizeBytes: size } = await blobs.put(Readable.from([Buffer.from(text)]));
  return { name, sha256, size, md5: createHash("md5").update(text).digest("hex") };
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const ORIG = "hello_1.0.orig.tar.xz";

describe("an upload", () => {
  test.each<[string, Given, string]>([
    ["as it should be", {}, "accepted"],
    ["to another component", { section: "contrib/misc" }, "accepted"],
    ["to a component that is not there", { section: "non-free/misc" }, "component_unknown"],
    ["of a version that does not fit", { version: "1.0-1" }, "version_restriction"],
    ["whose upstream tarball the pool has", { withOrig: false, pool: { [ORIG]: sha256(ORIG) } }, "accepted"],
    ["whose upstream tarball nobody has", { withOrig: false }, "source_incomplete"],
    ["whose upstream tarball the pool has otherwise", { pool: { [ORIG]: sha256("other") } }, "pool_conflict"],
    ["that builds nothing here", { packageList: "arch=s390x" }, "nothing_to_build"],
    [
      "that its build profiles leave nothing of",
      { packageList: "arch=any profile=stage1" },
      "nothing_to_build",
    ],
    [
      "that builds something with the profile it asks for",
      { packageList: "arch=any profile=stage1", options: ["deb-build-profiles=stage1"] },
      "accepted",
    ],
    ["with ports that can be made", { options: ["auto-ports=bookworm-test-experimental"] }, "accepted"],
    [
      "with an option for an architecture that is not there",
      { options: ["lintian-mode[s390x]=IGNORE"] },
      `accepted: Option "lintian-mode[s390x]" is ignored: the distribution has no architecture "s390x".`,
    ],
  ])("%s", async (_what, given, expected) => {
    expect(await codesOf(given)).toBe(expected);
  });

  test("with several things wrong in its options is told of all", async () => {
    expect(await codesOf({ options: ["lintian-mode=maybe", "colour=blue"] })).toBe(
      "option_bad_value option_unknown",
    );
    const ports = "auto-ports=bookworm-test-testing, trixie-test-unstable, bookworm-nope-unstable";
    expect(await codesOf({ options: [ports] })).toBe("not_uploadable unknown_codename unknown_repository");
  });

  test("is told of the first step that fails only", async () => {
    const given = { version: "1.0-1", section: "non-free/misc", withOrig: false, options: ["colour=blue"] };

    expect(await codesOf(given)).toBe("component_unknown");
    expect(await codesOf({ ...given, section: "misc" })).toBe("version_restriction");
    const { version: _version, ...fitting } = { ...given, section: "misc" };
    expect(await codesOf(fitting)).toBe("source_incomplete");
    expect(await codesOf({ ...fitting, withOrig: true })).toBe("option_unknown");
  });
});
