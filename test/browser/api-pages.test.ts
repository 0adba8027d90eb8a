import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createInvoker, type Handlers } from "#api";
import { createFakeInstance, createHandlers } from "#api/handlers";
import { type Database, openTestDatabase } from "#db";
import { createCallPages, createLayout, createPages } from "#web";
import { createTestHttp, type TestHttp } from "../../src/http/testing.ts";
import { testDeps } from "../../src/web/testing/site.ts";
import { type Browsing, startBrowsing } from "./browse.ts";

const bkey = "hello/2.10-3~test12+1/20240102T030000Z/source";
const staff = { extraHTTPHeaders: { authorization: "Bearer staff-token" } };

const DIFF = `diff -Nru hello-2.10/debian/changelog hello-2.10/debian/changelog
--- hello-2.10/debian/changelog\t2024-01-01 10:00:00.000000000 +0000
+++ hello-2.10/debian/changelog\t2024-01-02 10:00:00.000000000 +0000
@@ -1,3 +1,9 @@
+hello (2.10-3) unstable; urgency=medium
+
+  * Greets <b>everybody</b> now.
+
+ -- Ada Byron <ada@acme.example>  Tue, 02 Jan 2024 10:00:00 +0000
+
 hello (2.10-2) unstable; urgency=medium
 
   * First one.
diff -Nru hello-2.10/src/hello.c hello-2.10/src/hello.c
--- hello-2.10/src/hello.c\t2024-01-01 10:00:00.000000000 +0000
+++ hello-2.10/src/hello.c\t2024-01-02 10:00:00.000000000 +0000
@@ -10,4 +10,4 @@ int main (void)
 {
-  puts ("hello");
+  puts ("hello, world: a greeting that is a good deal longer than a telephone is wide, as some are");
   return 0;
 }
`;

let browsing: Browsing;
let db: Database;
let http: TestHttp;
let address: string;

beforeAll(async () => {
  browsing = await startBrowsing();
});
afterAll(() => browsing.close());

beforeEach(async () => {
  db = await openTestDatabase();
  const site = testDeps(db);
  const instance = createFakeInstance();
  const debdiff: Handlers["debdiff"] = { run: () => Promise.resolve(DIFF) };
  const snapshots: Handlers["snapshot_ls"] = {
    run: () => Promise.resolve([snapshot("2024-w01"), snapshot("before-the-big-change")]),
  };
  const invoker = createInvoker({
    handlers: { ...createHandlers(instance.deps), debdiff, snapshot_ls: snapshots },
    known: instance.invoker.known,
    running: () => true,
    audit: () => undefined,
  });
  http = await createTestHttp({
    invoker,
    callPages: createCallPages(site),
    layout: createLayout(site),
    pages: createPages(site),
    url: site.url,
  });
  const { port } = await http.http.start({ listen: "127.0.0.1", port: 0, socket: http.socket });
  address = `http://127.0.0.1:${port}`;
});
afterEach(async () => {
  await http.close();
  await db.close();
});

function snapshot(name: string) {
  return { name, created_at: "2024-01-02T03:04:05Z", created_by: "ada", sources: 12, packages: 1234 };
}

/** A page with all that is folded in it opened. */
async function open(path: string): Promise<Page> {
  const page = await browsing.open(`${address}${path}`);
  for (const folded of await page.locator("details:not([open]) > summary").all()) await folded.click();
  return page;
}

const PAGES = {
  index: "/api/",
  form: "/api/migrate?form=1",
  "form-open": "/api/ls?form=1&source=hello&repositories=test&version=1.0",
  "form-optional": "/api/setup?form=1",
  "form-long": "/api/set_user_key",
  problem: "/api/sources_list?form=sent&output=html&format=xml&suites=unstable",
  confirmation: `/api/cancel?form=sent&bkey=${encodeURIComponent(bkey)}`,
  records: "/api/ls?source=hello",
  table: "/api/snapshot_ls?distribution=bookworm-test-unstable",
  text: "/api/pub_key",
  diff: "/api/debdiff?source=hello&version_a=2.10-2&version_b=2.10-3",
} as const;

describe("every page", () => {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`has no violation that axe knows, in ${colorScheme}`, { timeout: 400_000 }, async () => {
      await browsing.begin({ colorScheme, ...staff });
      for (const [name, path] of Object.entries(PAGES)) {
        const page = await open(path);
        await browsing.picture(page, `api-${name}-${colorScheme}`);
        expect(await browsing.faults(page), path).toEqual([]);
        await page.close();
      }
      // The browser reports the status of the page with the problem.
      expect(browsing.complaints.filter((text) => !text.includes("400"))).toEqual([]);
    });
  }

  test("fits a phone of 360 pixels without scrolling sideways", async () => {
    await browsing.begin({ viewport: { width: 360, height: 740 }, ...staff });
    for (const [name, path] of Object.entries(PAGES)) {
      const page = await open(path);
      await browsing.picture(page, `api-${name}-phone`);
      expect(await page.evaluate("document.documentElement.scrollWidth"), path).toBeLessThanOrEqual(360);
      await page.close();
    }
  });
});

test("without JavaScript and mouse: from the index to a form, its confirmation, and what came of it", async () => {
  await browsing.begin({ javaScriptEnabled: false, ...staff });
  const page = await open("/api/");
  await page.getByRole("link", { name: "cancel", exact: true }).focus();
  await page.keyboard.press("Enter");
  await page.getByLabel("Build key").fill(bkey);
  await page.keyboard.press("Enter");

  await page.getByRole("heading", { name: "It would" }).waitFor();
  expect(await page.locator(".plan").textContent()).toContain(bkey);
  expect(await page.locator("main").textContent()).toContain("You are ci (STAFF).");
  await page.getByRole("button", { name: /^Confirm/ }).focus();
  await page.keyboard.press("Enter");

  await page.getByText("Done.", { exact: true }).waitFor();
  expect(await page.locator("main").textContent()).toContain("packaging");
  expect(await page.getByRole("button", { name: "Copy" }).count()).toBe(0);
});

test("who entered something wrong is taken to it", async () => {
  const page = await open(PAGES.problem);

  expect(await page.locator(":focus").getAttribute("name")).toBe("format");
  expect(await page.locator("#argument-format-problem").textContent()).toContain("'xml' is not one of");
});
