import { sql } from "kysely";
import type { Migration } from "./migrations.ts";

/** From where users signed in before: others who guess their passwords do not lock them out there. */
export const knownClient: Migration = {
  name: "0006-known-client",
  async up(db) {
    await sql`CREATE TABLE known_client (
      user_account_id integer NOT NULL REFERENCES user_account (id),
      client text NOT NULL,
      last_seen_at text NOT NULL,
      PRIMARY KEY (user_account_id, client)
    )`.execute(db);
  },
};
