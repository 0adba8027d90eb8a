import { openTestDatabase } from "#db";
import { FAILED_LOG, runningLog } from "./logs.ts";
import { seed } from "./seed.ts";
import { testPages } from "./site.ts";

/** A site at the seeded moment, with the logs of its builds. Whoever opens it closes its database. */
export async function openSite() {
  const db = await openTestDatabase();
  const seeded = await seed(db);
  const { routes, logs } = testPages(db);
  logs.set(seeded.builds.failed, FAILED_LOG, true);
  logs.set(seeded.builds.running, runningLog(900), false);
  return { db, seeded, routes };
}

/** Text as one reads it. */
export function textOf(html: string): string {
  return html
    .replaceAll(/<head>.*?<\/head>/gs, "")
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(
      /&(lt|gt|amp|quot|#39);/g,
      (_whole, name: string) => ({ lt: "<", gt: ">", amp: "&", quot: '"' })[name] ?? "'",
    )
    .replaceAll(/\s+/g, " ");
}
