import type { Executor } from "../database.ts";
import { create, required, texts, withId } from "../table-builder.ts";

/** Facts of the instance, its users, and who may upload. */
export async function accounts(db: Executor): Promise<void> {
  await create(db, "setting", (t) =>
    t.addColumn("name", "text", (c) => c.primaryKey()).addColumn("value", "text", required),
  );
  await create(db, "counter", (t) =>
    t.addColumn("name", "text", (c) => c.primaryKey()).addColumn("value", "bigint", required),
  );
  await create(db, "user_account", (t) =>
    texts(withId(t, db), "name", "level", "password_hash", "created_at")
      .addColumn("active", "integer", required)
      .addUniqueConstraint("user_account_name", ["name"]),
  );
  await create(db, "api_token", (t) =>
    texts(withId(t, db), "name", "level", "secret_hash", "created_at")
      .addColumn("expires_at", "text")
      .addColumn("revoked_at", "text")
      .addUniqueConstraint("api_token_hash", ["secret_hash"]),
  );
  await create(db, "uploader_key", (t) =>
    texts(withId(t, db), "repository", "fingerprint", "user_id", "key", "created_at")
      .addColumn("active", "integer", required)
      .addUniqueConstraint("uploader_key_once", ["repository", "fingerprint"]),
  );
}
