import { scryptSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createPasswords, generatePassword } from "./passwords.ts";

const CHEAP = { N: 256, r: 8, p: 1 };

test("a password fits its own hash and no other; the salt makes each hash another", async () => {
  const passwords = createPasswords(CHEAP);
  const [one, two] = [await passwords.hash("geheim"), await passwords.hash("geheim")];

  await expect(passwords.check("geheim", one)).resolves.toBe(true);
  await expect(passwords.check("geheim", two)).resolves.toBe(true);
  await expect(passwords.check("Geheim", one)).resolves.toBe(false);
  expect(one).not.toBe(two);
});

test("the stored form is scrypt as of node:crypto, with 32 bytes", async () => {
  const [, n, r, p, salt = "", hash] = (await createPasswords(CHEAP).hash("geheim")).split("$");

  const cost = { N: Number(n), r: Number(r), p: Number(p) };
  expect(cost).toEqual(CHEAP);
  expect(scryptSync("geheim", Buffer.from(salt, "base64"), 32, cost).toString("base64")).toBe(hash);
});

test("a hash is outdated when it costs less than those of today", async () => {
  const stored = await createPasswords(CHEAP).hash("geheim");

  expect(createPasswords(CHEAP).isOutdated(stored)).toBe(false);
  expect(createPasswords({ N: 512, r: 8, p: 1 }).isOutdated(stored)).toBe(true);
  expect(createPasswords({ N: 128, r: 8, p: 1 }).isOutdated(stored)).toBe(false);
});

describe("nobody", () => {
  test("has no password that fits, and takes as long", async () => {
    const passwords = createPasswords();
    const stored = await passwords.hash("geheim");
    const timeOf = async (hash: string | undefined) => {
      const from = process.cpuUsage();
      expect(await passwords.check("falsch", hash)).toBe(false);
      const used = process.cpuUsage(from);
      return used.user + used.system;
    };

    const known = await timeOf(stored);
    const unknown = await timeOf(undefined);

    // Processor time of some 60 ms against nothing at all.
    expect(unknown).toBeGreaterThan(known / 4);
  });
});

test("more at once than memory should hold are refused, and the place of each is given free", async () => {
  const passwords = createPasswords(CHEAP);
  const stored = await passwords.hash("geheim");

  const all = await Promise.allSettled(Array.from({ length: 150 }, () => passwords.check("geheim", stored)));

  expect(all.filter((it) => it.status === "fulfilled")).toHaveLength(102);
  await expect(passwords.check("geheim", stored)).resolves.toBe(true);
});

test("made passwords are 20 letters and digits, each time others", () => {
  const made = new Set(Array.from({ length: 100 }, generatePassword));

  expect(made.size).toBe(100);
  for (const password of made) expect(password).toMatch(/^[a-km-np-z2-9]{20}$/);
});
