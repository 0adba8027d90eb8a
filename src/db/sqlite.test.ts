import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openSqlite } from "./index.ts";

test.each(["a new home", "a home whose files others may read"])(
  "only the owner may read the database of %s",
  async (which) => {
    const dir = mkdtempSync(join(tmpdir(), "mbd-sqlite-"));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const path = join(dir, "test.sqlite");
    if (which !== "a new home") {
      await (await openSqlite(path)).close();
      writeFileSync(`${path}-wal`, "");
      for (const name of [path, `${path}-wal`]) chmodSync(name, 0o644);
    }

    const db = await openSqlite(path);
    onTestFinished(() => db.close());

    for (const name of [path, `${path}-wal`, `${path}-shm`]) expect(statSync(name).mode & 0o777).toBe(0o600);
  },
);
