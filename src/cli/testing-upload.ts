import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const digest = (algorithm: string, text: string) => createHash(algorithm).update(text).digest("hex");

/** Writes a clear-signed .changes (its signature is of no interest here) with one .dsc beside it; returns its path. */
export function writeUpload(dir: string, version = "1.0"): string {
  const dsc = "Format: 3.0 (native)\n";
  const fields = `Format: 1.8
Date: Tue, 02 Jan 2024 03:04:05 +0000
Source: hello
Architecture: source
Version: ${version}
Distribution: bookworm-test-unstable
Maintainer: Jane <jane@example.org>
Changes:
 hello (${version}) bookworm-test-unstable; urgency=medium
 .
   * New.
Checksums-Sha256:
 ${digest("sha256", dsc)} ${dsc.length} hello_${version}.dsc
Files:
 ${digest("md5", dsc)} ${dsc.length} misc optional hello_${version}.dsc
`;
  const signed = `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n${fields}-----BEGIN PGP SIGNATURE-----\n\niHUE\n-----END PGP SIGNATURE-----\n`;
  writeFileSync(join(dir, `hello_${version}.dsc`), dsc);
  const changes = join(dir, `hello_${version}_source.changes`);
  writeFileSync(changes, signed);
  return changes;
}
