import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createTestArchive } from "../archive-support.ts";
import { makeRelease } from "../package-support.ts";
import { parseRelease } from "../release-file.ts";

test("an index that is gone stays by hash for clients that read the Release before", async () => {
  const fixture = await createTestArchive();
  const unstable = await fixture.live("unstable");
  const input = await makeRelease(fixture.factory, fixture.blobs, { name: "hello", version: "1.0-1" });
  const path = await fixture.factory.deb(
    { Package: "hello-udeb", Source: "hello", Version: "1.0-1", Architecture: "amd64" },
    { ending: "udeb" },
  );
  const debs = [{ name: "hello-udeb_1.0-1_amd64.udeb", ...(await fixture.blobs.putFile(path)) }];
  const release = await fixture.archive.prepareRelease({ ...input, debs });
  await fixture.db.write((tx) => fixture.archive.installRelease(tx, release, unstable));
  await fixture.archive.publish("test", unstable);
  const dist = join(fixture.root, "dists", unstable);
  const index = "main/debian-installer/binary-amd64";
  const before = parseRelease(readFileSync(join(dist, "Release"), "utf8"));
  const sha256 = before?.files.get(`${index}/Packages.xz`)?.sha256 ?? "";
  expect(existsSync(join(dist, index, "by-hash/SHA256", sha256))).toBe(true);
  for (let n = 0; n < 2; n += 1) {
    await fixture.install("hello", `2.0-${n + 1}`, unstable);
    await fixture.archive.publish("test", unstable);
    expect(existsSync(join(dist, index, "Packages.xz"))).toBe(false);
    expect(existsSync(join(dist, index, "by-hash/SHA256", sha256))).toBe(true);
  }
  await fixture.close();
});
