import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { namesIn } from "#platform";
import type { ChrootBlock } from "./block.ts";
import { MAX_BLOCK_TEXT } from "./block-rules.ts";
import { EXTRA_CA } from "./built-in.ts";

/** Where an administrator of Debian puts certificates, update-ca-certificates(8). */
export const CERTIFICATES_DIR = "/usr/local/share/ca-certificates";

/** What needs no quotes. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}\.crt$/;

/**
 * The block that brings the CA certificates of this machine into a chroot; they are in its text, so other certificates
 * are another version. @throws Error when there are none, or too many
 */
export async function extraCa(dir = CERTIFICATES_DIR): Promise<ChrootBlock> {
  const names = (await namesIn(dir)).filter((name) => NAME.test(name)).sort();
  if (names.length === 0) throw refused(`there is no certificate *.crt in ${dir}`);
  const lines = await Promise.all(
    names.map(async (name) => {
      const content = (await readFile(join(dir, name))).toString("base64");
      return `echo ${content} | base64 -d >${CERTIFICATES_DIR}/${name}\n`;
    }),
  );
  const text = `mkdir -p ${CERTIFICATES_DIR}\n${lines.join("")}update-ca-certificates\n`;
  if (text.length > MAX_BLOCK_TEXT) throw refused(`the certificates in ${dir} are too large`);
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 8);
  return {
    name: EXTRA_CA,
    version: `1+${digest}`,
    packages: ["ca-certificates"],
    text,
  };
}

function refused(reason: string): Error {
  return new Error(`block ${EXTRA_CA}: ${reason}`);
}
