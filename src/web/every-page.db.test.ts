import { afterAll, beforeAll, expect, test } from "vitest";
import { type Database, openTestDatabase } from "#db";
import type { PageRoute } from "./page.ts";
import { HOSTILE } from "./testing/moment.ts";
import { openSite, textOf } from "./testing/open-site.ts";
import { seed } from "./testing/seed.ts";
import { seedEvent, seedPackaging } from "./testing/seed-pipeline.ts";
import { testPages, visit } from "./testing/site.ts";

let db: Database;
let routes: PageRoute[];
beforeAll(async () => {
  ({ db, routes } = await openSite());
});
afterAll(() => db.close());

test.each([
  "/builds/999999",
  "/builds/99999999999999999999",
  "/builds/1%3B--",
  "/packagings/0",
  "/uploads/-1",
  "/packages/nobody",
  "/distributions/x",
])("%s is a page that says it was not found and where to go", async (path) => {
  const { status, html } = await visit(routes, path);

  expect(status).toBe(404);
  expect(textOf(html)).toMatch(/was not found\..*Go on at /);
});

test("no page is heavy, has anything inline, or a link to itself that leads nowhere", async () => {
  const known = new Set<string>();
  const open = ["/"];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (known.has(path)) continue;
    known.add(path);
    const { status, html } = await visit(routes, path);
    expect(status, path).toBe(200);
    const withoutLog = html.replace(/<section class="log".*?<\/section>/s, "");
    expect(Buffer.byteLength(withoutLog), path).toBeLessThan(100_000);
    expect(html, path).not.toMatch(
      /<[^>]* (?:style|on[a-z]+)=|<style|<script(?! type="module" src="\/assets\/)/,
    );
    const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size, `${path} has an id twice`).toBe(ids.length);
    for (const [, href = ""] of html.matchAll(/ href="([^"#]*)[^"]*"/g)) {
      const target = href.replaceAll("&amp;", "&");
      // Places of others, and filters of filters, of which there are too many.
      if (
        target !== "" &&
        !/^\/(?:api|assets)\/|^\/repositories\/.|^\/builds\/\d+\/(?:log|files)|&|\?line=/.test(target)
      )
        open.push(target);
    }
  }
  expect(known.size).toBeGreaterThan(60);
});

test("names, people and messages are hostile text on every page that shows them", async () => {
  const other = await openTestDatabase();
  await seed(other);
  const { id, upload, builds } = await other.write(async (tx) => {
    const made = await seedPackaging(tx, {
      source: HOSTILE,
      version: `1.0${HOSTILE}`,
      state: "FAILED",
      reason: HOSTILE,
      message: `${HOSTILE}\u0007\u202e`,
      minutes: 50,
      builds: [{ arch: HOSTILE, state: "FAILED", seconds: 5, reason: HOSTILE, message: HOSTILE }],
    });
    await seedEvent(tx, {
      type: HOSTILE,
      message: HOSTILE,
      source: HOSTILE,
      time: "2026-03-05T11:00:00.000Z",
    });
    await tx.updateTable("repository").set({ description: HOSTILE, origin: HOSTILE }).execute();
    await tx.updateTable("uploader_key").set({ user_id: HOSTILE }).execute();
    await tx
      .updateTable("package")
      .set({ name: HOSTILE, source: HOSTILE })
      .where("name", "=", "hello")
      .execute();
    await tx.updateTable("package_file").set({ contents_sha256: HOSTILE }).execute();
    await tx.updateTable("chroot").set({ error: HOSTILE }).execute();
    await tx
      .updateTable("upload")
      .set({
        errors: JSON.stringify([{ code: HOSTILE, message: HOSTILE, hint: HOSTILE }]),
        state: "REJECTED",
        signer: HOSTILE,
      })
      .execute();
    return made;
  });
  const { routes: pages } = testPages(other);
  const name = encodeURIComponent(HOSTILE);
  const paths = [
    "/",
    "/repositories/",
    "/distributions/bookworm-acme-unstable",
    `/packages/${name}`,
    "/packagings/",
    "/builds/",
  ];
  const more = [
    "/events",
    `/search?q=${name}`,
    `/packagings/${id}`,
    `/builds/${builds[0]}`,
    `/uploads/${upload}`,
    "/uploads/",
  ];

  for (const path of [...paths, ...more, `/packages/missing${name}`, `/events?source=${name}`]) {
    const { html } = await visit(pages, path);
    expect(html, path).not.toMatch(/<script>|<\/script>(?!<\/head>)/);
    expect(html, path).not.toMatch(/[\u0000-\u0008\u202e]/);
    expect(html, path).toContain("&lt;script");
  }
  await other.close();
});

test("an empty instance says on each page what to do first", async () => {
  const empty = await openTestDatabase();
  const { routes: pages } = testPages(empty);
  const read = async (path: string) => textOf((await visit(pages, path)).html);

  expect(await read("/")).toContain(
    "There is no repository yet. An administrator makes the first one with mini-buildd setup",
  );
  expect(await read("/repositories/")).toContain("There is no repository yet.");
  expect(await read("/builds/")).toContain("Nothing was uploaded yet.");
  expect(await read("/packagings/")).toContain("Nothing was uploaded yet.");
  expect(await read("/uploads/")).toContain("Nothing was uploaded yet.");
  expect(await read("/events")).toContain("Nothing has happened yet.");
  await empty.close();
});
