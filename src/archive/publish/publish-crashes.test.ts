import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, vi } from "vitest";
import { exec, execOk } from "#platform";
import { digestFile } from "../compress.ts";
import { STRONG } from "./publish-support.ts";
import { COMPLAINT, type PublishedArchive, test, UNSTABLE } from "./published-support.ts";
import { PUBLISH_STEPS, type PublishStep } from "./publisher.ts";

// Publishers that die, and several at once.

// Packages are made with the real tools.
vi.setConfig({ testTimeout: 60_000 });

const UNTIL_SWITCH: readonly PublishStep[] = PUBLISH_STEPS.slice(0, PUBLISH_STEPS.indexOf("switched"));

test.for(PUBLISH_STEPS)(
  "at step %s: apt sees one whole state, and the repeat publishes the new one",
  async (stop, { fixture }) => {
    await fixture.install("hello", "1.0-1", UNSTABLE);
    await fixture.publish();
    const first = fixture.release();
    await fixture.install("hello", "1.0-2", UNSTABLE);
    const crashing = fixture.again({
      onStep: (step) => {
        if (step === stop) throw new Error(`crash at ${step}`);
      },
    });

    await expect(crashing.publish("test", UNSTABLE)).rejects.toThrow(`crash at ${stop}`);

    await fixture.expectWhole();
    const seen = await fixture.withApt(async (apt) => {
      expect((await apt.get("update")).text).not.toMatch(COMPLAINT);
      return (await apt.get("--print-uris", "download", "hello")).text;
    });
    expect(seen).toContain(UNTIL_SWITCH.includes(stop) ? "hello_1.0-1_amd64.deb" : "hello_1.0-2_amd64.deb");
    const between = fixture.release().date.getTime();
    await fixture.publish();
    await fixture.expectWhole();
    const last = fixture.release();
    expect(last.files.get("main/binary-amd64/Packages")).not.toEqual(
      first.files.get("main/binary-amd64/Packages"),
    );
    const recorded = stop === "committed" || stop === "cleaned";
    expect(last.date.getTime() - between).toBe(recorded ? 0 : 1000);
    expect(fixture.generations().length).toBeLessThanOrEqual(3);
  },
);

const overtaking = {
  "has begun": async (fixture: PublishedArchive) => {
    await fixture.db.write(async (tx) => {
      const more = { fence: 1000 };
      await tx.updateTable("archive_distribution").set(more).where("name", "=", UNSTABLE).execute();
    });
    return "1.0-1";
  },
  "has ended": async (fixture: PublishedArchive) => {
    await fixture.install("hello", "1.0-3", UNSTABLE);
    await fixture.publish();
    return "1.0-3";
  },
};

test.for(["has begun", "has ended"] as const)(
  "a publisher shows nothing when another %s",
  async (how, { fixture }) => {
    await fixture.install("hello", "1.0-1", UNSTABLE);
    await fixture.publish();
    await fixture.install("hello", "1.0-2", UNSTABLE);
    let expected = "";
    const slow = fixture.again({
      signer: {
        fingerprint: "slow",
        clearsign: async (text) => {
          expected = await overtaking[how](fixture);
          return text;
        },
        detachSign: async (text) => text,
      },
    });

    await expect(slow.publish("test", UNSTABLE)).rejects.toThrow(/another publisher|ENOENT/);

    const { stdout } = await execOk(exec, "gzip", [
      "-dc",
      join(fixture.dist(), "main/binary-amd64/Packages.gz"),
    ]);
    expect(stdout).toContain(`Version: ${expected}\n`);
    await fixture.expectWhole();
  },
);

test("a name that a crash left in the pool with other bytes is put right", async ({ fixture }) => {
  const installed = await fixture.install("hello", "1.0-1", UNSTABLE);
  const path = "pool/main/h/hello/hello_1.0-1_amd64.deb";
  const { sha256 } = await fixture.blobs.put(Readable.from([Buffer.from("left over")]));
  await fixture.blobs.linkTo(sha256, join(fixture.root, path));

  await fixture.publish();

  const { debs } = await fixture.archive.releaseFiles(installed.releaseId);
  const deb = debs.find(({ name }) => name === "hello_1.0-1_amd64.deb");
  expect((await digestFile(join(fixture.root, path), STRONG)).sha256).toBe(deb?.sha256);
});

test("publishing at once from many sides ends with the newest state", async ({ fixture }) => {
  await fixture.publish();
  await fixture.install("hello", "1.0-1", UNSTABLE);

  await Promise.all([fixture.publish(), fixture.publish(), fixture.publish()]);

  await fixture.expectWhole();
  expect(fixture.release().files.get("main/source/Sources")?.sizeBytes).toBeGreaterThan(0);
});
