import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createInvoker, type Handlers } from "#api";
import { createFakeInstance, createHandlers } from "#api/handlers";
import { type Database, openTestDatabase } from "#db";
import { createCallPages, createLayout, createPages } from "#web";
import { createTestHttp, type TestHttp } from "../../src/http/testing.ts";
import { testDeps } from "../../src/web/testing/site.ts";

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

let browser: Browser;
let axe: string;
let db: Database;
let http: TestHttp;
let address: string;

let context: BrowserContext | undefined;
let complaints: string[];

beforeAll(async () => {
  axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-component-update", "--disable-sync", "--no-first-run"],
  });
});
afterAll(() => browser.close());

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
  complaints = [];
});
afterEach(async () => {
  await context?.close();
  context = undefined;
  await http.close();
  await db.close();
});

function snapshot(name: string) {
  return { name, created_at: "2024-01-02T03:04:05Z", created_by: "ada", sources: 12, packages: 1234 };
}

async function open(path: string, options: Parameters<Browser["newContext"]>[0] = {}): Promise<Page> {
  context ??= await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(`${address}${path}`);
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

interface AxeRun {
  readonly passes: readonly { readonly id: string }[];
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}

describe("every page", () => {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`has no violation that axe knows, in ${colorScheme}`, { timeout: 400_000 }, async () => {
      for (const [name, path] of Object.entries(PAGES)) {
        const page = await open(path, { colorScheme, ...staff });
        for (const folded of await page.locator("details:not([open]) > summary").all()) await folded.click();
        if (process.env.MBD_SHOTS !== undefined)
          await page.screenshot({
            path: `${process.env.MBD_SHOTS}/api-${name}-${colorScheme}.png`,
            fullPage: true,
          });
        await page.evaluate(axe);
        const run = (await page.evaluate(
          "axe.run({ runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice'], rules: { 'target-size': { enabled: true } } })",
        )) as AxeRun;
        expect(
          run.passes.map(({ id }) => id),
          path,
        ).toEqual(expect.arrayContaining(["color-contrast"]));
        const found = run.violations.map(
          ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`,
        );
        expect(found, path).toEqual([]);
        await page.close();
      }
      // The browser reports the status of the page with the problem.
      expect(complaints.filter((text) => !text.includes("400"))).toEqual([]);
    });
  }

  test("fits a phone of 360 pixels without scrolling sideways", async () => {
    for (const [name, path] of Object.entries(PAGES)) {
      const page = await open(path, { viewport: { width: 360, height: 740 }, ...staff });
      for (const folded of await page.locator("details:not([open]) > summary").all()) await folded.click();
      if (process.env.MBD_SHOTS !== undefined)
        await page.screenshot({ path: `${process.env.MBD_SHOTS}/api-${name}-phone.png`, fullPage: true });
      expect(await page.evaluate("document.documentElement.scrollWidth"), path).toBeLessThanOrEqual(360);
      await page.close();
    }
  });
});
