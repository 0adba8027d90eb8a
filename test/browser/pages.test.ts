import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Database, openTestDatabase } from "#db";
import { createPages, type PageDeps } from "#web";
import { FAILED_LOG, runningLog } from "../../src/web/testing/logs.ts";
import { ago, type Seeded } from "../../src/web/testing/moment.ts";
import { seed } from "../../src/web/testing/seed.ts";
import { seedEvent } from "../../src/web/testing/seed-pipeline.ts";
import { type MemoryLogs, memoryLogs, testDeps } from "../../src/web/testing/site.ts";
import { type Browsing, type ContextOptions, startBrowsing } from "./browse.ts";
import { type PageServer, servePages } from "./page-server.ts";

let browsing: Browsing;
let db: Database;
let seeded: Seeded;
let logs: MemoryLogs;
let server: PageServer;

beforeAll(async () => {
  browsing = await startBrowsing();
});
afterAll(() => browsing.close());

beforeEach(async () => {
  db = await openTestDatabase();
  seeded = await seed(db);
  logs = memoryLogs();
  logs.set(seeded.builds.failed, FAILED_LOG, true);
  logs.set(seeded.builds.running, runningLog(900), false);
  logs.set(seeded.builds.good, runningLog(30), true);
  const deps: PageDeps = testDeps(db, logs);
  server = await servePages(deps, createPages(deps));
  await browsing.begin();
});
afterEach(async () => {
  await server.close();
  await db.close();
});

/** In a browser with these options, or the one that is open. */
async function open(path: string, options?: ContextOptions): Promise<Page> {
  if (options !== undefined) await browsing.begin(options);
  return await browsing.open(`${server.url}${path}`);
}

function everyPage(): string[] {
  const lists = ["/", "/repositories/", "/packagings/", "/builds/", "/uploads/", "/events", "/search?q=acme"];
  const { builds, packagings, uploads } = seeded;
  return [
    ...lists,
    "/distributions/bookworm-acme-unstable",
    "/distributions/trixie-acme-experimental",
    "/packages/libacme",
    ...Object.values(builds).map((id) => `/builds/${id}`),
    ...Object.values(packagings).map((id) => `/packagings/${id}`),
    ...Object.values(uploads).map((id) => `/uploads/${id}`),
    "/builds/999",
  ];
}

describe("every page", () => {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`has no violation that axe knows, in ${colorScheme}`, { timeout: 400_000 }, async () => {
      await browsing.begin({ colorScheme });
      for (const path of everyPage()) {
        const page = await open(path);
        expect(await browsing.faults(page), path).toEqual([]);
        await page.close();
      }
    });
  }

  test("fits a phone of 360 pixels without scrolling sideways", async () => {
    await browsing.begin({ viewport: { width: 360, height: 740 } });
    for (const path of everyPage()) {
      const page = await open(path);
      expect(await page.evaluate("document.documentElement.scrollWidth"), path).toBeLessThanOrEqual(360);
      await page.close();
    }
  });

  test("asks nothing of another host, and breaks no rule of a strict policy", async () => {
    for (const path of everyPage()) await (await open(path)).close();

    expect(browsing.requests.filter((url) => !url.startsWith(`${server.url}/`))).toEqual([]);
    // The browser reports the status of the one page that is not there.
    expect(browsing.complaints.filter((text) => !text.includes("404"))).toEqual([]);
  });
});

test("without JavaScript everything can be read and used, and no control is shown that does nothing", async () => {
  const page = await open("/", { javaScriptEnabled: false });
  expect(await page.getByRole("button", { name: "Copy" }).count()).toBe(0);
  await page.getByLabel("Search packages and builds").fill("acme4");
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "libacme4" }).first().click();
  expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("libacme");

  await page.goto(`${server.url}/builds/${seeded.builds.failed}`);
  await page.getByRole("link", { name: "Line 25" }).first().click();

  expect(new URL(page.url()).search).toBe("?line=25");
  expect(await page.locator("#L25").textContent()).toContain("implicit declaration");
});

test("the keyboard reaches the content first, and every box that scrolls", async () => {
  const page = await open("/repositories/");
  await page.keyboard.press("Tab");
  expect(await page.locator(":focus").textContent()).toBe("Skip to content");
  await page.keyboard.press("Enter");

  await page.keyboard.press("Tab");

  expect(await page.locator(":focus").textContent()).toBe("Browse the archive");
});

test("text to take away is copied by a button", async () => {
  const page = await open("/", { permissions: ["clipboard-read", "clipboard-write"] });

  await page.getByRole("button", { name: "Copy dput configuration" }).click();

  await page.getByRole("button", { name: "Copied dput configuration" }).waitFor();
  expect(await page.evaluate("navigator.clipboard.readText()")).toContain("[mini-buildd-acme]");
});

test("an event appears by itself, marked as new, and the rest of the page is current", async () => {
  const page = await open("/");
  await page.getByText("live", { exact: true }).waitFor();
  const loaded = await page.evaluate("performance.timeOrigin");
  const id = await db.write(async (tx) => {
    await tx
      .updateTable("packaging")
      .set({ state: "INSTALLING" })
      .where("id", "=", seeded.packagings.running)
      .execute();
    return await seedEvent(tx, {
      type: "MIGRATED",
      message: "moved on <b>bold</b>",
      source: "hello",
      time: ago(0),
    });
  });

  server.announce({ id });

  const event = page.locator(`#event-${id}`);
  await event.waitFor();
  expect(await event.getAttribute("class")).toContain("is-new");
  expect(await event.textContent()).toContain("moved on <b>bold</b>");
  expect(await page.locator(".open").textContent()).toContain("INSTALLING");
  expect(await page.evaluate("performance.timeOrigin")).toBe(loaded);
});

test("what somebody opened and where they are stays when the page is renewed", async () => {
  const page = await open("/packages/hello");
  await page.getByText("live", { exact: true }).waitFor();
  await page.getByText("1 rollback").first().click();
  const link = page.locator('main a[href^="/distributions/"]').first();
  const words = await link.textContent();
  await link.focus();
  const id = await db.write((tx) =>
    seedEvent(tx, { type: "MIGRATED", message: "moved on", source: "hello", time: ago(0) }),
  );

  server.announce({ id });

  await page.locator(`#event-${id}`).waitFor();
  expect(await page.locator("details[open]").count()).toBe(1);
  expect(await page.evaluate("document.activeElement.textContent")).toBe(words);
});

test("the log of a running build grows, keeps its end in view, and says when it ended", async () => {
  const page = await open(`/builds/${seeded.builds.running}`);
  await page.getByText("Following the log.").waitFor();
  logs.append(seeded.builds.running, "a new <i>line</i>\nhalf a ");

  await page.locator("#L903").waitFor();
  expect(await page.locator("#L903 code").textContent()).toBe("a new <i>line</i>");
  expect(await page.locator("#L904").count()).toBe(0);
  const below =
    "(() => { const log = document.querySelector('.log'); return log.scrollHeight - log.scrollTop - log.clientHeight; })()";
  expect(await page.evaluate(below)).toBeLessThan(4);

  logs.set(seeded.builds.running, `${runningLog(900)}a new <i>line</i>\nhalf a line`, true);
  await page.getByText("The log has ended.").waitFor();
  expect(await page.locator("#L904 code").textContent()).toBe("half a line");
});

test("a log that tries to run a script does not", async () => {
  const page = await open(`/builds/${seeded.builds.failed}?line=30`);

  expect(await page.locator("#L30").textContent()).toContain('<script>alert("log")</script>');
  expect(await page.locator("#L31").textContent()).toContain("a link that is none");
  expect(await page.locator("#L31 code a").count()).toBe(0);
  expect(browsing.complaints).toEqual([]);
});
