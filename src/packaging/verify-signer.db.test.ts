import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Database, openTestDatabase } from "#db";
import { createTestGpg, createVerifier, type TestGpg } from "#keys";
import { exec, type Log, silentLog, systemClock } from "#platform";
import type { ResolvedDistribution } from "#repositories";
import { checkSigner, readSignedText, type SignerDeps } from "./verify-signer.ts";

const NAME = "hello_1_source.changes";

let dir: string;
let db: Database;
let gpg: TestGpg;
let jane: string;
let warned: string[];
let deps: SignerDeps;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "mbd-signer-"));
  db = await openTestDatabase();
  gpg = createTestGpg();
  jane = await gpg.makeKey("Jane");
  writeFileSync(join(dir, "jane.gpg"), await gpg.keyring(jane));
  writeFileSync(join(dir, NAME), await gpg.clearsign(jane, "Source: hello\n"));
  warned = [];
  const warn = (about: { reason: string }) => void warned.push(about.reason);
  deps = {
    db: db.read,
    verifier: createVerifier({ exec, clock: systemClock, keyringsDir: dir }),
    instanceKey: await gpg.keyring(await gpg.makeKey("Instance")),
    log: Object.assign(Object.create(silentLog) as Log, { warn }),
  };
});
afterEach(async () => {
  await db.close();
  await gpg.close();
  rmSync(dir, { recursive: true });
});

async function repositoryWith(identity: string, keyring: string): Promise<ResolvedDistribution> {
  const now = "2024-01-02T03:00:00.000Z";
  const repository = await db.write(async (tx) => {
    const layout = await tx
      .insertInto("layout")
      .values({
        name: identity,
        default_version: "",
        mandatory_version_regex: "",
        experimental_default_version: "",
        experimental_mandatory_version_regex: "",
        meta_distributions: "",
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    return await tx
      .insertInto("repository")
      .values({
        identity,
        layout_id: layout.id,
        origin: "o",
        description: "",
        allow_unauthenticated_uploads: 0,
        extra_uploader_keyrings: JSON.stringify([join(dir, keyring)]),
        active: 1,
        created_at: now,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
  });
  return { repository } as ResolvedDistribution;
}

describe("an extra keyring that cannot be read", () => {
  test("of another repository is left out, and that is logged", async () => {
    const target = await repositoryWith("good", "jane.gpg");
    await repositoryWith("bad", "none.gpg");

    const signed = await readSignedText(deps, join(dir, NAME), NAME);

    await expect(checkSigner(deps, signed, NAME, target)).resolves.toBe(jane);
    expect(warned).toEqual([expect.stringMatching(/none\.gpg of repository bad cannot be read \(.*ENOENT/)]);
  });

  test("of the repository itself is told of as such", async () => {
    const target = await repositoryWith("bad", "none.gpg");

    const signed = await readSignedText(deps, join(dir, NAME), NAME);

    await expect(checkSigner(deps, signed, NAME, target)).rejects.toMatchObject({
      code: "bad_configuration",
      message: expect.stringMatching(
        /^Configuration: the uploader keyring .*none\.gpg of repository bad cannot/,
      ),
    });
  });
});
