import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { DistributionSpec } from "#archive";
import type { NewRow, Tx } from "#db";
import type { BlobStore } from "#platform";
import { createRepositoryService } from "#repositories";
import type { Bench } from "./test-support.ts";

export const UPLOADED = "1.0~test12+1";
export const TAR = `hello_${UPLOADED}.tar.xz`;
export const DSC = `hello_${UPLOADED}.dsc`;
export const CHANGES = `hello_${UPLOADED}_source.changes`;

/** Repository `test`, which takes unsigned uploads, for bookworm on amd64 and arm64. */
export async function addRepository(
  bench: Bench,
  ensureDistribution: (tx: Tx, spec: DistributionSpec) => Promise<number> = async () => 1,
): Promise<void> {
  const service = createRepositoryService({
    ...bench,
    ...{ identity: "acme", hostname: "host", ensureDistribution },
  });
  const sourceId = await addSource(bench);
  await bench.db.write(async (tx) => {
    await service.create(tx, { identity: "test", layout: "Default", allowUnauthenticatedUploads: true });
    const architectures = ["amd64", "arm64"];
    await service.addDistribution(tx, { repository: "test", sourceId, architectures, extraSources: [] });
  });
}

/** A source that is good, if nothing else is said. */
export async function addSource({ db }: Bench, change: Partial<NewRow<"source">> = {}): Promise<number> {
  const source = {
    ...{ origin: "Debian", codename: "bookworm", archives: "[]", keyring: "", match: "{}", description: "" },
    ...{ check_valid_until: 1 as const, remove_from_component: "", state: "active", codeversion: "12" },
    ...{ components: '["main"]', architectures: '["amd64"]', ...change },
  };
  return await db.write(async (tx) => {
    const { id } = await tx.insertInto("source").values(source).returning("id").executeTakeFirstOrThrow();
    return id;
  });
}

export interface StoredUploadFile {
  readonly name: string;
  readonly sha256: string;
  readonly size: number;
}

export interface ChangesText {
  /** Default: unstable. */
  readonly distribution?: string;
  /** KEY=VALUE. */
  readonly options?: readonly string[];
  readonly sign?: (text: string) => Promise<string>;
}

/** Files of an upload of source `hello`, unsigned unless said, in the store; the .changes last. */
export async function storeUpload(
  blobs: BlobStore,
  architecture = "any",
  { distribution = "bookworm-test-unstable", options = [], sign = async (text) => text }: ChangesText = {},
): Promise<StoredUploadFile[]> {
  const tar = await store(blobs, TAR, "a tree");
  const dsc = await store(
    blobs,
    DSC,
    `Format: 3.0 (native)\nSource: hello\nBinary: hello\nArchitecture: ${architecture}\nVersion: ${UPLOADED}\nMaintainer: A <a@example.org>\nChecksums-Sha256:\n${tar.sha256Line}Files:\n${tar.md5Line("")}`,
  );
  const where = "misc optional ";
  const lines = options.map((option) => `   * MINI_BUILDD_OPTION: ${option}\n`).join("");
  const text = `Format: 1.8\nSource: hello\nArchitecture: source\nVersion: ${UPLOADED}\nDistribution: ${distribution}\nMaintainer: A <a@example.org>\nChanges:\n hello (${UPLOADED}) ${distribution}; urgency=low\n .\n${lines}   * Text.\nChecksums-Sha256:\n${tar.sha256Line}${dsc.sha256Line}Files:\n${tar.md5Line(where)}${dsc.md5Line(where)}`;
  const changes = await store(blobs, CHANGES, await sign(text));
  return [tar, dsc, changes].map(({ name, sha256, size }) => ({ name, sha256, size }));
}

async function store(blobs: BlobStore, name: string, text: string) {
  const { sha256, sizeBytes: size } = await blobs.put(Readable.from([Buffer.from(text)]));
  const md5 = createHash("md5").update(text).digest("hex");
  return {
    ...{ name, sha256, size },
    sha256Line: ` ${sha256} ${size} ${name}\n`,
    md5Line: (where: string) => ` ${md5} ${size} ${where}${name}\n`,
  };
}

/** The row of such an upload and those of its files. */
export async function addStoredUpload(
  bench: Bench,
  files: readonly StoredUploadFile[],
  state: string,
): Promise<number> {
  const changes = files.at(-1)?.sha256 ?? "";
  const id = await bench.addUpload({ changes_name: CHANGES, changes_sha256: changes, state });
  await bench.db.write(async (tx) => {
    for (const { name, sha256, size } of files.slice(0, -1))
      await tx.insertInto("upload_file").values({ upload_id: id, name, sha256, size }).execute();
  });
  return id;
}
