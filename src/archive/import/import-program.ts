import { join } from "node:path";
import { openSqlite } from "#db";
import { readDeb } from "#deb";
import { createVerifier } from "#keys";
import { createBlobStore, exec, systemClock } from "#platform";
import { importRepository } from "./import-repository.ts";

// A process that a test kills: imports into the home of its first argument what the second is, one package a step.

const [home = "", location = "", to = ""] = process.argv.slice(2);
const db = await openSqlite(join(home, "mini-buildd.sqlite"));
const report = await importRepository(
  {
    db,
    blobs: createBlobStore(join(home, "store")),
    readDeb,
    verifier: createVerifier({ exec, clock: systemClock, keyringsDir: join(home, "keyrings") }),
    queue: { enqueue: async () => undefined },
    clock: systemClock,
  },
  { location, mappings: [{ from: "stable", to }], trusted: true },
  { stepPackages: 1, onProgress: ({ phase, done }) => process.stdout.write(`${phase} ${done}\n`) },
);
process.stdout.write(`${JSON.stringify(report)}\n`);
await db.close();
