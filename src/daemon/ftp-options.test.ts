import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { exec, execOk } from "#platform";
import { ftpOptions } from "./ftp-options.ts";

let dir: string;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "mbd-ftp-"));
  await execOk(exec, "openssl", [
    ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost".split(
      " ",
    ),
    ...["-keyout", join(dir, "key.pem"), "-out", join(dir, "cert.pem")],
  ]);
});
afterEach(() => rmSync(dir, { recursive: true }));

test("nothing asked for is nothing told", async () => {
  expect(await ftpOptions({})).toEqual({});
});

test("ports, address, and certificate with its key", async () => {
  const ports = { min: 50_000, max: 50_010 };
  const files = { ftpCertificate: join(dir, "cert.pem"), ftpKey: join(dir, "key.pem") };

  const options = await ftpOptions({ ...files, ftpPassivePorts: ports, ftpAddress: "198.51.100.7" });

  expect(options).toMatchObject({ passivePorts: ports, advertisedAddress: "198.51.100.7" });
  expect(options.tls?.cert).toContain("BEGIN CERTIFICATE");
  expect(options.tls?.key).toContain("BEGIN PRIVATE KEY");
});

test("what cannot be used is told at the start, not by the first client", async () => {
  const cert = join(dir, "cert.pem");
  writeFileSync(join(dir, "other.pem"), "nothing");

  for (const bad of [
    { ftpCertificate: cert },
    { ftpCertificate: cert, ftpKey: join(dir, "other.pem") },
    { ftpCertificate: join(dir, "missing.pem"), ftpKey: join(dir, "key.pem") },
    { ftpKey: join(dir, "key.pem") },
  ]) {
    await expect(ftpOptions(bad)).rejects.toMatchObject({ code: "bad_configuration" });
  }
});
