import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, vi } from "vitest";
import { exec, execOk } from "#platform";
import { makeRelease } from "../package-support.ts";
import { COMPLAINT, test, UNSTABLE } from "./published-support.ts";

// What apt and other programs say of a published distribution.

// Packages are made with the real tools.
vi.setConfig({ testTimeout: 60_000 });

test("apt updates, downloads and fetches sources without a word; an empty distribution too", async ({
  fixture,
}) => {
  await fixture.publish();
  await fixture.withApt(async (apt) => {
    const empty = await apt.get("update");
    await fixture.install("hello", "1:1.0+a~1-1", UNSTABLE);
    await fixture.install("zoo", "2.0-1", UNSTABLE, "contrib");
    await fixture.publish();

    const full = await apt.get("update");
    const download = await apt.get("download", "hello", "hello-doc", "zoo");
    const source = await apt.get("source", "hello");

    for (const { exitCode, text } of [empty, full, download, source]) {
      expect(text).not.toMatch(COMPLAINT);
      expect(exitCode).toBe(0);
    }
    const names = readdirSync(join(apt.dir, "work"));
    expect(names).toContain("hello-doc_1%3a1.0+a~1-1_all.deb");
    expect(names).toContain("hello-1.0+a~1");
    expect(apt.requests.some((request) => request.includes("/by-hash/SHA256/"))).toBe(true);
  });
  await fixture.expectWhole();
});

test("rollbacks are distributions of their own", async ({ fixture }) => {
  for (const version of ["1.0-1", "1.0-2"]) await fixture.install("hello", version, UNSTABLE);
  const rollback = `${UNSTABLE}-rollback0`;

  await fixture.publish(rollback);

  const shown = await fixture.withApt(async (apt) => {
    const { text } = await apt.get("update");
    expect(text).not.toMatch(COMPLAINT);
    return await apt.get("--print-uris", "download", "hello");
  }, rollback);
  expect(shown.text).toContain("/pool/main/h/hello/hello_1.0-1_amd64.deb");
  expect(fixture.release(rollback).head).toContain("NotAutomatic: yes\nButAutomaticUpgrades: no\n");
});

test("signatures are good for gpgv and sqv, now and in a year", async ({ fixture, key }) => {
  await fixture.publish();
  const [inRelease, text, detached] = ["InRelease", "Release", "Release.gpg"].map((name) =>
    join(fixture.dist(), name),
  );
  const files = [text ?? "", detached ?? "", inRelease ?? ""];

  for (const later of ["+0 days", "+1 year"]) {
    const faked = (tool: string, ...args: string[]) => execOk(exec, "faketime", [later, tool, ...args]);
    await faked("gpgv", "--keyring", key.keyring, files[1] ?? "", files[0] ?? "");
    await faked("gpgv", "--keyring", key.keyring, files[2] ?? "");
    await faked("sqv", "--keyring", key.keyring, files[1] ?? "", files[0] ?? "");
  }
});

test("gzip and xz files are whole, and hold what apt-ftparchive says of the pool", async ({ fixture }) => {
  await fixture.install("hello", "1.0-1", UNSTABLE);
  await fixture.install("abc", "3-1", UNSTABLE);
  await fixture.publish();
  const index = join(fixture.dist(), "main/binary-amd64/Packages");

  const gz = await execOk(exec, "gzip", ["-dc", `${index}.gz`]);
  const xz = await execOk(exec, "xz", ["-dc", `${index}.xz`]);

  const weak = ["MD5", "SHA1", "SHA512"].flatMap((sum) => ["-o", `APT::FTPArchive::${sum}=false`]);
  const theirs = await execOk(exec, "apt-ftparchive", [...weak, "packages", "pool/main"], {
    cwd: fixture.root,
  });
  const lines = (text: string) =>
    text
      .split("\n")
      .filter((line) => line !== "")
      .sort();
  expect(gz.stdout).toBe(xz.stdout);
  expect(lines(gz.stdout)).toEqual(lines(theirs.stdout));
  expect([...gz.stdout.matchAll(/^Package: (.*)$/gm)].map(([, name]) => name)).toEqual([
    "abc",
    "abc-doc",
    "hello",
    "hello-doc",
  ]);
});

test("udebs have indices of their own", async ({ fixture }) => {
  const input = await makeRelease(fixture.factory, fixture.blobs, { name: "hello", version: "1.0-1" });
  const path = await fixture.factory.deb(
    { Package: "hello-udeb", Source: "hello", Version: "1.0-1", Architecture: "amd64" },
    { ending: "udeb" },
  );
  const debs = [{ name: "hello-udeb_1.0-1_amd64.udeb", ...(await fixture.blobs.putFile(path)) }];
  const prepared = await fixture.archive.prepareRelease({ ...input, debs });
  await fixture.db.write((tx) => fixture.archive.installRelease(tx, prepared, UNSTABLE));

  await fixture.publish();

  const { files } = fixture.release();
  expect(files.get("main/debian-installer/binary-amd64/Packages")?.sizeBytes).toBeGreaterThan(100);
  expect(files.get("main/binary-amd64/Packages")?.sizeBytes).toBe(0);
  expect(files.has("contrib/debian-installer/binary-amd64/Packages")).toBe(false);
});
