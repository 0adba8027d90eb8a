import { sql } from "kysely";
import type { Migration } from "./migrations.ts";

/** Suites in which several sources may have a binary package of one name. */
export const sharedPackageNames: Migration = {
  name: "0016-shared-package-names",
  async up(db) {
    await sql`ALTER TABLE suite ADD COLUMN shared_package_names integer NOT NULL DEFAULT 0`.execute(db);
  },
};
