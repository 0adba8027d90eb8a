import { expect, onTestFinished, test } from "vitest";
import { createTestArchive } from "./archive-support.ts";
import { allDistributions, listPackages } from "./listing.ts";

test("packages of a distribution: all, by part of a name, by glob", async () => {
  const test = await createTestArchive();
  onTestFinished(() => test.close());
  const name = await test.live("unstable", { rollbacks: 1 });
  await test.install("hello", "1.0-1", name);
  await test.install("lib+world", "2.0-1", name);
  const names = async (pattern?: string) =>
    (await listPackages(test.db.read, name, pattern)).map((item) => `${item.kind} ${item.name}`);

  expect(await names()).toContain("dsc hello");
  expect(await names()).toContain("dsc lib+world");
  expect(await names("ell")).toContain("dsc hello");
  expect(await names("ell")).not.toContain("dsc lib+world");
  expect(await names("lib+w*")).toContain("dsc lib+world");
  expect(await names("ell*")).toEqual([]);
  expect(await names("[a-z]*")).toEqual([]);
  await expect(listPackages(test.db.read, "nope")).rejects.toThrow("Distribution 'nope' was not found");
});

test("distributions of all repositories, each before its rollbacks", async () => {
  const test = await createTestArchive();
  onTestFinished(() => test.close());
  const unstable = await test.live("unstable", { rollbacks: 1 });
  const testing = await test.live("testing", { rollbacks: 0 });
  expect((await allDistributions(test.db.read)).map(({ name }) => name)).toEqual([
    testing,
    unstable,
    `${unstable}-rollback0`,
  ]);
});
