import type { Migration } from "./migrations.ts";
import { create, texts, withId } from "./table-builder.ts";

/** When the engine ran: only that counts against limits of waiting. */
export const workSpans: Migration = {
  name: "0019-work-spans",
  async up(db) {
    await create(db, "work_span", (t) => texts(withId(t, db), "began_at", "until"));
  },
};
