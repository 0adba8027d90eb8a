import { accounts } from "./migration-0001/accounts.ts";
import { archive } from "./migration-0001/archive.ts";
import { pipeline } from "./migration-0001/pipeline.ts";
import { setup } from "./migration-0001/setup.ts";
import { work } from "./migration-0001/work.ts";
import type { Migration } from "./migrations.ts";

export const first: Migration = {
  name: "0001-first",
  async up(db) {
    await accounts(db);
    await work(db);
    await setup(db);
    await pipeline(db);
    await archive(db);
  },
};
