import { sql } from "kysely";
import type { Migration } from "./migrations.ts";

/** What people need: addresses, sessions, keys of their own, upload rights, subscriptions; audit trail and mails to send. */
export const people: Migration = {
  name: "0003-people",
  async up(db) {
    const sqlite = db.getExecutor().adapter.supportsTransactionalDdl === false;
    const id = sql.raw(
      sqlite ? "integer PRIMARY KEY AUTOINCREMENT" : "integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    );
    for (const statement of [
      sql`ALTER TABLE user_account ADD COLUMN email text NOT NULL DEFAULT ''`,
      sql`ALTER TABLE user_account ADD COLUMN email_confirmed_at text`,
      sql`ALTER TABLE user_account ADD COLUMN activated_at text`,
      sql`ALTER TABLE user_account ADD COLUMN last_login_at text`,
      sql`UPDATE user_account SET activated_at = created_at`,
      sql`ALTER TABLE api_token ADD COLUMN user_account_id integer REFERENCES user_account (id)`,
      sql`ALTER TABLE api_token ADD COLUMN last_used_at text`,
      sql`CREATE TABLE session (
        id ${id},
        user_account_id integer NOT NULL REFERENCES user_account (id),
        secret_hash text NOT NULL,
        created_at text NOT NULL,
        last_seen_at text NOT NULL,
        expires_at text NOT NULL,
        revoked_at text,
        client text NOT NULL,
        user_agent text NOT NULL,
        CONSTRAINT session_hash UNIQUE (secret_hash)
      )`,
      sql`CREATE INDEX session_account ON session (user_account_id)`,
      sql`CREATE TABLE account_link (
        id ${id},
        user_account_id integer NOT NULL REFERENCES user_account (id),
        purpose text NOT NULL,
        secret_hash text NOT NULL,
        created_at text NOT NULL,
        expires_at text NOT NULL,
        used_at text,
        CONSTRAINT account_link_hash UNIQUE (secret_hash)
      )`,
      sql`CREATE INDEX account_link_user ON account_link (user_account_id)`,
      sql`CREATE TABLE user_key (
        id ${id},
        user_account_id integer NOT NULL REFERENCES user_account (id),
        fingerprint text NOT NULL,
        user_ids text NOT NULL,
        algorithm text NOT NULL,
        key_created_at text NOT NULL,
        key_expires_at text,
        key text NOT NULL,
        created_at text NOT NULL,
        activated_at text,
        activated_by text,
        CONSTRAINT user_key_user UNIQUE (user_account_id)
      )`,
      // Anybody may claim a key, which must keep nobody from theirs; whose it is, the administrator decides.
      sql`CREATE UNIQUE INDEX user_key_active ON user_key (fingerprint) WHERE activated_at IS NOT NULL`,
      sql`CREATE TABLE upload_right (
        user_account_id integer NOT NULL REFERENCES user_account (id),
        repository text NOT NULL,
        granted_by text NOT NULL,
        created_at text NOT NULL,
        PRIMARY KEY (user_account_id, repository)
      )`,
      sql`CREATE TABLE subscription (
        user_account_id integer NOT NULL REFERENCES user_account (id),
        package text NOT NULL,
        distribution text NOT NULL,
        created_at text NOT NULL,
        PRIMARY KEY (user_account_id, package, distribution)
      )`,
      sql`CREATE TABLE audit (
        id ${id},
        time text NOT NULL,
        actor text NOT NULL,
        client text NOT NULL,
        action text NOT NULL,
        given text NOT NULL,
        outcome text NOT NULL,
        error text
      )`,
      sql`CREATE INDEX audit_time ON audit (time)`,
      sql`CREATE TABLE outbox (
        id ${id},
        message_id text NOT NULL,
        recipient text NOT NULL,
        subject text NOT NULL,
        body text NOT NULL,
        state text NOT NULL,
        error text,
        created_at text NOT NULL,
        ended_at text,
        CONSTRAINT outbox_message UNIQUE (message_id, recipient)
      )`,
    ]) {
      await statement.execute(db);
    }
  },
};
