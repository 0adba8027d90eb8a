import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { testRelease } from "#archive/testing";
import { parseChanges, parseStanzas } from "#deb";
import { exec, execOk } from "#platform";
import { insertPackaging } from "../packaging-store.ts";
import { jobContext } from "../test-support.ts";
import { createMigrateJob } from "./migrate-job.ts";
import { createPortJob } from "./port-job.ts";
import { ELSEWHERE, NOW, openPortsBench, type PortsBench, UNSTABLE } from "./ports-support.ts";
import { makeKeyringPackages, makeTestPackages } from "./produced.ts";
import { testReports, waitForReports } from "./test-reports.ts";

vi.setConfig({ testTimeout: 60_000 });

let bench: PortsBench;
let dir: string;
beforeEach(async () => {
  bench = await openPortsBench();
  dir = mkdtempSync(join(tmpdir(), "mbd-produced-"));
});
afterEach(async () => {
  await bench.close();
  rmSync(dir, { recursive: true });
});

const STAMP = "20240102030405";
const KEYRING = "acme-archive-keyring";
const EVERYTHING = { distributions: [], withoutMigration: false };

/** Makes the upload of a request and unpacks its source, which is native. */
async function unpackUpload(bkey: string): Promise<string> {
  await createPortJob(bench).handle(jobContext("port", `port:${bkey}`));
  const upload = await bench.db.read
    .selectFrom("upload")
    .selectAll()
    .where("reserved_bkey", "=", bkey)
    .executeTakeFirstOrThrow();
  const text = readFileSync(bench.blobs.path(upload.changes_sha256), "utf8");
  const { files } = parseChanges(text.slice(text.indexOf("\n\n") + 2), "changes");
  const tar = files.find(({ name }) => name.endsWith(".tar.xz"));
  mkdirSync(join(dir, bkey.replaceAll("/", "_")));
  const to = join(dir, bkey.replaceAll("/", "_"));
  await execOk(exec, "tar", ["-C", to, "--strip-components=1", "-xf", bench.blobs.path(tar?.sha256 ?? "")]);
  return to;
}

/** The packaging that an upload of a request would become. */
async function addPackaging(request: { bkey: string; target: string }, retryOf: string | null = null) {
  return await bench.db.write(async (tx) => {
    const { id } = await tx
      .insertInto("upload")
      .values({
        ...{ origin: "internal", changes_name: "x.changes", changes_sha256: "a".repeat(64) },
        ...{ state: "ACCEPTED", errors: "[]", received_from: "test", created_at: NOW },
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    return await insertPackaging(tx, {
      ...{ bkey: request.bkey, upload_id: id, repository: "test", distribution: request.target },
      ...{
        codename: "bookworm",
        suite: "unstable",
        component: "main",
        source: "x",
        version: "1",
        dsc: "x.dsc",
      },
      ...{ options: "[]", changed_by: "A <a@example.org>", state: "FAILED", reason: null, message: null },
      ...{ committed_at: null, accepted_no: 1, retry_of: retryOf, created_at: NOW, ended_at: NOW },
    });
  });
}

const ended = (bkey: string, end: "INSTALLED" | "FAILED" | "CANCELLED" | "REJECTED") =>
  bench.db.write((tx) => bench.portEnds.ended(tx, bkey, end));

describe("keyring packages", () => {
  test("one source is ported to every suite that has them", async () => {
    const answers = await makeKeyringPackages(bench, EVERYTHING, "ada");

    expect(answers).toMatchObject([
      { target: ELSEWHERE, version: `${STAMP}~acme12+1` },
      { target: UNSTABLE, version: `${STAMP}~test12+1` },
    ]);
    const requests = await bench.requests();
    expect(new Set(requests.map(({ dsc_sha256 }) => dsc_sha256)).size).toBe(1);
    expect(requests).toMatchObject([
      { kind: "keyring", source: KEYRING, priority: 10, migrate: 1 },
      { kind: "keyring", source: KEYRING, priority: 10, migrate: 1 },
    ]);
  });

  test("hold the keys, and an APT source for each distribution and rollback", async () => {
    const distributions = [UNSTABLE];
    const [answer] = await makeKeyringPackages(bench, { distributions, withoutMigration: true }, "ada");

    const tree = await unpackUpload((answer as { bkey: string }).bkey);

    expect(readFileSync(join(tree, `keyrings/${KEYRING}.gpg`))).toEqual(Buffer.from([1, 2, 3]));
    const [source, binary] = parseStanzas(readFileSync(join(tree, "debian/control"), "utf8"), {
      what: "control",
    });
    expect(source?.get("Build-Depends")).toBe("debhelper-compat (= 13)");
    expect(binary?.get("Architecture")).toBe("all");
    const example = (name: string) =>
      readFileSync(join(tree, "sources.list.d", `bookworm_Acme_${name}.sources`), "utf8");
    expect(example("test_stable-rollback5_src")).toBe(`Types: deb-src
URIs: http://host.example.org:8066/repositories/test/
Suites: bookworm-test-stable-rollback5
Components: main contrib
Architectures: amd64 arm64
Signed-By: /usr/share/keyrings/${KEYRING}.gpg
`);
    expect(example("acme_unstable")).toMatch(/^Types: deb\n/);
    expect(await bench.requests()).toMatchObject([{ migrate: 0 }]);
  });

  test("are migrated along all suites once they are installed, at the first try or a later one", async () => {
    await makeKeyringPackages(bench, { ...EVERYTHING, distributions: [UNSTABLE] }, "ada");
    const [request] = await bench.requests();
    if (request === undefined) throw new Error("no request");
    await addPackaging(request);
    await addPackaging({ bkey: "x/1/20240102T040000Z/source", target: UNSTABLE }, request.bkey);

    await ended(request.bkey, "FAILED");
    expect(await bench.jobs("migrate")).toEqual([]);
    await ended("x/1/20240102T040000Z/source", "INSTALLED");

    expect(await bench.jobs("migrate")).toMatchObject([{ subject: `port:${request.bkey}` }]);
  });

  test("the job that migrates can be done again, and tells when it cannot be done", async () => {
    await makeKeyringPackages(bench, { ...EVERYTHING, distributions: [UNSTABLE] }, "ada");
    const [request] = await bench.requests();
    const job = () => createMigrateJob(bench).handle(jobContext("migrate", `port:${request?.bkey ?? ""}`));

    await job();
    const release = testRelease("test", "main", { name: KEYRING, version: request?.version ?? "" });
    const install = { kind: "install", distribution: UNSTABLE, release, force: true } as const;
    await bench.db.write((tx) => bench.archive.apply(tx, install));
    await job();
    await job();

    const places = await bench.archive.places("test", KEYRING);
    expect(places.map(({ distribution }) => distribution).sort()).toEqual([
      "bookworm-test-stable",
      "bookworm-test-testing",
      UNSTABLE,
    ]);
    expect((await bench.told()).map(({ type, data }) => [type, data.to ?? data.error])).toEqual([
      ["PORTED", expect.stringContaining("not found")],
      ["MIGRATED", "bookworm-test-testing"],
      ["MIGRATED", "bookworm-test-stable"],
    ]);
  });
});

describe("test packages", () => {
  const sources = ["mbd-test-archall", "mbd-test-ftbfs"] as const;

  test("are sources of this program, for suites named experimental", async () => {
    const made = await makeTestPackages(bench, { sources, distributions: [] }, "ada");

    expect(made.map(({ source, expected, answer }) => [source, expected, answer.target])).toEqual([
      ["mbd-test-archall", "INSTALLED", "bookworm-acme-experimental"],
      ["mbd-test-archall", "INSTALLED", "bookworm-test-experimental"],
      ["mbd-test-ftbfs", "FAILED", "bookworm-acme-experimental"],
      ["mbd-test-ftbfs", "FAILED", "bookworm-test-experimental"],
    ]);
    const { answer } = made[3] ?? {};
    expect(answer).toMatchObject({ version: `${STAMP}~test12+0` });
    const tree = await unpackUpload((answer as { bkey: string }).bkey);
    expect(readFileSync(join(tree, "debian/changelog"), "utf8")).toMatch(
      new RegExp(
        `^mbd-test-ftbfs \\(${STAMP}~test12\\+0\\) .*\n[^]*\nmbd-test-ftbfs \\(${STAMP}\\) unstable`,
      ),
    );
    expect((await bench.jobs("verify_upload")).map(({ priority }) => priority)).toEqual([-20]);
  });

  test("what they ended in is reported, against what they had to", async () => {
    await makeTestPackages(bench, { sources, distributions: ["bookworm-test-experimental"] }, "ada");
    const [good, bad] = await bench.requests();
    if (good === undefined || bad === undefined) throw new Error("no requests");
    const waited = waitForReports(bench, [bad.bkey, good.bkey]);

    await ended(good.bkey, "INSTALLED");
    await ended(bad.bkey, "INSTALLED");

    const reports = [
      { source: "mbd-test-archall", expected: "INSTALLED", got: "INSTALLED" },
      { source: "mbd-test-ftbfs", expected: "FAILED", got: "INSTALLED" },
    ];
    expect(await waited).toMatchObject([...reports].reverse());
    expect(await testReports(bench.db)).toMatchObject(reports);
    const told = await bench.told();
    expect(told.map(({ type, data }) => [type, data.package, data.expected, data.got])).toEqual([
      ["PORTED", "mbd-test-archall", "INSTALLED", "INSTALLED"],
      ["PORTED", "mbd-test-ftbfs", "FAILED", "INSTALLED"],
    ]);
    expect(told.map(({ data }) => data.error !== undefined)).toEqual([false, true]);
  });
});
