import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { compareVersions, externalPortVersion, parseChanges, readUploadOptions } from "#deb";
import { exec } from "#platform";
import { resolveUploadTarget } from "#repositories";
import { cancel } from "../cancel.ts";
import { createCompletion } from "../completion.ts";
import { createSourceTool, type SourceTool } from "../source-sandbox.ts";
import { jobContext } from "../test-support.ts";
import { versionsOf } from "../version-rules.ts";
import { makeSource } from "./make-source.ts";
import { port } from "./port.ts";
import { createPortJob } from "./port-job.ts";
import { reservePort } from "./port-request.ts";
import { ELSEWHERE, openPortsBench, type PortsBench, UNSTABLE } from "./ports-support.ts";

vi.setConfig({ testTimeout: 60_000 });

let bench: PortsBench;
beforeEach(async () => {
  bench = await openPortsBench();
  await bench.install();
});
afterEach(() => bench.close());

async function reserved(): Promise<string> {
  const options = ["lintian-mode=IGNORE"];
  const question = { source: "hello", fromDistribution: UNSTABLE, toDistributions: [ELSEWHERE], options };
  const [answer] = await port(bench, question, "ada");
  if (answer === undefined || "error" in answer) throw new Error(JSON.stringify(answer));
  return answer.bkey;
}

const run = (bkey: string) => createPortJob(bench).handle(jobContext("port", `port:${bkey}`));
const uploads = () => bench.db.read.selectFrom("upload").selectAll().execute();

describe("the job of a port", () => {
  test("makes an upload of the instance with a changelog entry on top", async () => {
    const bkey = await reserved();

    await run(bkey);

    const [upload] = await uploads();
    expect(upload).toMatchObject({ origin: "internal", state: "RECEIVED", reserved_bkey: bkey });
    const text = readFileSync(bench.blobs.path(upload?.changes_sha256 ?? ""), "utf8");
    const payload = text.slice(text.indexOf("\n\n") + 2);
    const changes = parseChanges(payload, "changes");
    expect(changes).toMatchObject({
      ...{ source: "hello", version: "1.0-1~acme12+1", distribution: ELSEWHERE },
      changedBy: "mini-buildd-Acme <mini-buildd@host.example.org>",
      originallyChangedBy: "Some One <some@example.org>",
    });
    // What the port brings is more than its own entry: that of the package it was made of, too.
    expect(changes.changes).toMatch(/^hello \(1\.0-1~acme12\+1\) bookworm-acme-unstable;/);
    expect(changes.changes).toContain("\nhello (1.0-1~test12+1) unstable;");
    expect(readUploadOptions(changes.changes).options.map(({ text: value }) => value)).toEqual(["IGNORE"]);
    const [request] = await bench.requests();
    expect(changes.changes).toContain(
      `Automated port via mini-buildd (no changes). Original DSC's SHA256: ${request?.dsc_sha256}.`,
    );
    expect(changes.files.map(({ name }) => name).sort()).toEqual([
      "hello_1.0-1~acme12+1.debian.tar.xz",
      "hello_1.0-1~acme12+1.dsc",
      "hello_1.0.orig.tar.xz",
    ]);
    expect(compareVersions(changes.version, "1.0-1")).toBe(-1);
    expect(await bench.told()).toMatchObject([
      {
        ...{ type: "PORTED", bkey, source: "hello", version: "1.0-1~acme12+1", distribution: ELSEWHERE },
        ...{ repository: "acme", upload: upload?.id, message: `ported from ${UNSTABLE}` },
        data: { target: ELSEWHERE, version: "1.0-1~acme12+1", upload: upload?.id, from: UNSTABLE },
      },
    ]);
    expect(request).toMatchObject({ state: "done", upload_id: upload?.id });
    expect(await readdir(bench.home.work)).toEqual([]);
  });

  test("does nothing a second time", async () => {
    const bkey = await reserved();
    await run(bkey);

    await run(bkey);

    expect(await uploads()).toHaveLength(1);
    expect(await bench.told()).toHaveLength(1);
  });

  test("without a file of its source it fails, and tells why", async () => {
    const bkey = await reserved();
    const [request] = await bench.requests();
    for (const sha256 of JSON.parse(request?.kept ?? "[]") as string[])
      if (sha256 !== request?.dsc_sha256) await bench.blobs.remove(sha256);

    await run(bkey);

    expect(await bench.requests()).toMatchObject([{ state: "failed" }]);
    expect(await bench.told()).toMatchObject([
      { type: "PORTED", bkey, data: { target: ELSEWHERE, error: expect.stringContaining("gone") as string } },
    ]);
    expect(await readdir(bench.home.work)).toEqual([]);
  });

  test("waits while the engine takes nothing", async () => {
    const bkey = await reserved();
    bench.engine.running = false;

    await expect(run(bkey)).rejects.toMatchObject({ code: "engine_stopped" });

    expect(await bench.requests()).toMatchObject([{ state: "open" }]);
  });
});

describe("a source that wants what is not its own", () => {
  /** Reserves a port of a native source with these fields in its debian/control, and a file in its tree. */
  async function hostile(fields: string): Promise<string> {
    const from = await makeSource(bench, "hello", async (tree) => {
      await mkdir(join(tree, "debian/source"), { recursive: true });
      await writeFile(join(tree, "debian/source/format"), "3.0 (native)\n");
      const control = `Source: hello\nSection: misc\nMaintainer: A <a@example.org>\n${fields}\nPackage: hello\nArchitecture: all\nDescription: x\n`;
      await writeFile(join(tree, "debian/control"), control);
    });
    const target = await resolveUploadTarget(bench.db.read, ELSEWHERE);
    const version = externalPortVersion(from.version, versionsOf(target));
    const wish = { kind: "external" as const, from, target, version, options: [], requestedBy: "ada" };
    const answer = await bench.db.write((tx) => reservePort(bench, tx, wish));
    if ("error" in answer) throw new Error(answer.error);
    return answer.bkey;
  }

  test("gets nothing that another field of its .changes lists", async () => {
    const secret = "the secret of another file";
    await writeFile(join(bench.home.root, "secret"), secret);
    const sha256 = createHash("sha256").update(secret).digest("hex");
    const bkey = await hostile(
      `XC-Foo: bar\n ${sha256} ${secret.length} ../../secret\n ${"0".repeat(64)} 5 /../../../../../../../../dev/zero\n`,
    );

    await run(bkey);

    expect(await bench.requests()).toMatchObject([{ state: "done" }]);
    expect(await bench.blobs.has(sha256)).toBe(false);
  });

  test("and cannot list it in the field that counts either", async () => {
    const bkey = await hostile(`XC-Checksums-Sha256: x\n ${"0".repeat(64)} 5 ../../secret\n`);

    await run(bkey);

    const [upload] = await uploads();
    const text = readFileSync(bench.blobs.path(upload?.changes_sha256 ?? ""), "utf8");
    expect(text).not.toContain("secret");
  });

  test("is not written to the store by the tools that unpack it", async () => {
    const bkey = await reserved();
    const [request] = await bench.requests();
    const stored = bench.blobs.path(request?.dsc_sha256 ?? "");
    const before = statSync(stored).nlink;
    const nlinks: number[] = [];
    const sourceTool: SourceTool = async (dir, ...rest) => {
      nlinks.push(statSync(stored).nlink);
      return await bench.sourceTool(dir, ...rest);
    };

    await createPortJob({ ...bench, sourceTool }).handle(jobContext("port", `port:${bkey}`));

    expect(new Set(nlinks)).toEqual(new Set([before]));
  });

  test("and takes too much ends at once, and leaves nothing", async () => {
    const bkey = await reserved();
    const sourceTool = createSourceTool(exec, bench.home, { files: 5 });

    await createPortJob({ ...bench, sourceTool }).handle(jobContext("port", `port:${bkey}`));

    const error = "The source is too much to unpack and pack here: it has more than 5 files.";
    expect(await bench.requests()).toMatchObject([{ state: "failed", error }]);
    expect(await readdir(bench.home.work)).toEqual([]);
  });

  test.each([
    ["Source", "other"],
    ["Version", "9"],
    ["Distribution", UNSTABLE],
  ])("the .changes of another %s is not signed", async (field, other) => {
    const bkey = await reserved();
    const pattern = new RegExp(`^${field}: .*$`, "m");
    const sourceTool: SourceTool = async (dir, sub, command) => {
      const result = await bench.sourceTool(dir, sub, command);
      if (command[0] !== "dpkg-genchanges") return result;
      return { ...result, stdout: result.stdout.replace(pattern, `${field}: ${other}`) };
    };

    await createPortJob({ ...bench, sourceTool }).handle(jobContext("port", `port:${bkey}`));

    expect(await uploads()).toEqual([]);
    expect(await bench.requests()).toMatchObject([
      { state: "failed", error: expect.stringContaining("not the port") as string },
    ]);
  });
});

describe("cancel, until the upload of a port is accepted", () => {
  const cancelIt = (bkey: string) =>
    cancel({ ...bench, completion: createCompletion(bench) }, bkey, { kind: "user", name: "ada" });

  test("ends the request", async () => {
    const bkey = await reserved();

    await cancelIt(bkey);
    await run(bkey);

    expect(await bench.requests()).toMatchObject([{ state: "failed", error: "cancelled by ada" }]);
    expect(await uploads()).toEqual([]);
  });

  test("rejects the upload", async () => {
    const bkey = await reserved();
    await run(bkey);

    expect(await cancelIt(bkey)).toEqual({ bkey, scope: "packaging", cancelled: [bkey] });

    expect(await uploads()).toMatchObject([{ state: "REJECTED", reason: "cancelled" }]);
    expect((await bench.events.latest({ bkey }, 9)).map(({ type }) => type)).toEqual(["CANCELLED", "PORTED"]);
    await expect(cancelIt(bkey)).rejects.toMatchObject({ code: "finished" });
  });
});
