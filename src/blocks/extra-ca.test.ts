import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { extraCa } from "./extra-ca.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "mbd-ca-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

test("certificates are data in the text; other ones are another version", async () => {
  writeFileSync(join(dir, "own.crt"), "-----BEGIN CERTIFICATE-----\n'\"$(id)\n");
  writeFileSync(join(dir, "$(id).crt"), "");
  writeFileSync(join(dir, "notes.txt"), "");
  const one = await extraCa(dir);
  writeFileSync(join(dir, "own.crt"), "other\n");
  const two = await extraCa(dir);

  expect(one.packages).toEqual(["ca-certificates"]);
  expect(one.version).toMatch(/^1\+[0-9a-f]{8}$/);
  expect(two.version).not.toBe(one.version);
  expect(one.text).not.toContain("id");
  const written = one.text.split("\n").find((line) => line.startsWith("echo ")) ?? "";
  expect(written).toContain(">/usr/local/share/ca-certificates/own.crt");
  const shown = execFileSync("sh", ["-c", written.replace(/>.*/, "")], { encoding: "utf8" });
  expect(shown).toBe("-----BEGIN CERTIFICATE-----\n'\"$(id)\n");
});

test("without certificates it says where they go", async () => {
  await expect(extraCa(dir)).rejects.toThrow(`there is no certificate *.crt in ${dir}`);
  await expect(extraCa(join(dir, "none"))).rejects.toThrow("there is no certificate");
});

test("what no environment can hold is refused", async () => {
  writeFileSync(join(dir, "own.crt"), "x".repeat(60_000));

  await expect(extraCa(dir)).rejects.toThrow("are too large");
});
