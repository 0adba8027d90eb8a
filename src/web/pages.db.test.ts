import { afterAll, beforeAll, expect, test } from "vitest";
import type { Level } from "#accounts";
import type { Database } from "#db";
import type { PageRoute } from "./page.ts";
import { ago, HOSTILE, type Seeded } from "./testing/moment.ts";
import { openSite, textOf } from "./testing/open-site.ts";
import { testPages, visit } from "./testing/site.ts";

let db: Database;
let seeded: Seeded;
let routes: PageRoute[];
beforeAll(async () => {
  ({ db, seeded, routes } = await openSite());
});
afterAll(() => db.close());

const page = async (path: string) => (await visit(routes, path)).html;

test("home says what is going on, why builds wait, what needs a look, and how to begin", async () => {
  const text = textOf(await page("/"));

  expect(text).toContain("2 packagings in progress");
  expect(text).toContain("1 min 11 s of about 2 min 14 s");
  expect(text).toContain("waits for libacme-dev (>= 1:4.3), which is being built");
  expect(text).toContain("the chroot for trixie arm64 is being made");
  expect(text).toContain("Chroot bookworm arm64 (stale): mmdebstrap: the mirror answered 503");
  expect(text).toContain("8D5A 2C3B 4E6F 7081");
  expect(text).toContain("Suites: bookworm-acme-stable");
  expect(text).toContain("[mini-buildd-acme]");
  expect(text).toContain("dput mini-buildd-acme ../hello_2.10-3~acme12+1_source.changes");
});

test("the queue says what runs until when, and why the others wait; who may changes priorities", async () => {
  const text = textOf(await page("/queue"));
  const staff = { principal: { level: "STAFF", kind: "user", name: "ada" } } as const;

  expect(text).toContain("1 of 2 slots");
  expect(text).toContain("hello 2.10-3~acme12+4 amd64");
  expect(text).toContain("in 1 min");
  expect(text).toContain("waits for libacme-dev (>= 1:4.3), which is being built");
  expect(text).toContain("the chroot for trixie arm64 is being made");
  expect(await page("/queue")).not.toContain("/api/set_priority");
  expect((await visit(routes, "/queue", staff)).html).toContain("/api/set_priority?bkey=hello");
});

test("repositories show suites, rules, APT sources, uploaders and the warning of an open one", async () => {
  const html = await page("/repositories/");
  const text = textOf(html);

  expect(text).toContain("Ada Byron 41C9 E5D2");
  expect(text).toContain("93A4 : cobol-* to experimental");
  expect(text).not.toContain("ada@acme.example");
  expect(text).toContain("Anybody may upload here.");
  expect(html).toContain('href="/repositories/acme/"');
  expect(text).toContain("APT source for bookworm-acme-unstable");
  expect(text).toMatch(/bookworm-acme-unstable 19 uploadable testing ~acme12\+1 100 9/);
});

test("a distribution lists its packages and what differs from the next suite", async () => {
  const text = textOf(await page("/distributions/bookworm-acme-unstable"));
  const binaries = textOf(await page("/distributions/bookworm-acme-unstable?kind=binary&q=libacme"));
  const found = textOf(await page("/distributions/bookworm-acme-unstable?q=hel*"));
  const rollback = textOf(await page("/distributions/bookworm-acme-unstable-rollback0"));

  expect(text).toMatch(/hello 2\.10-3~acme12\+3 main 2\.10-3~acme12\+2/);
  expect(text).toMatch(/acme-tools 0\.9~rc2~acme12\+1 main not there/);
  expect(binaries).toContain("libacme-doc 1:4.2.0-1~acme12+2 all");
  expect(found).not.toContain("acme-tools");
  expect(rollback).toMatch(/hello 2\.10-3~acme12\+2 main/);
  expect(rollback).not.toContain("acme-tools");
});

test("search signs in names are letters, not patterns", async () => {
  expect(textOf(await page("/distributions/bookworm-acme-unstable?q=%25"))).toContain(
    "No source package here has '%'",
  );
  expect(textOf(await page("/distributions/bookworm-acme-unstable?q=_"))).toContain(
    "No source package here has '_'",
  );
});

test("a package is a matrix of its versions with where it can go, files, builds and history", async () => {
  const html = await page("/packages/hello");
  const text = textOf(html);

  expect(text).toMatch(/Codename unstable testing stable/);
  expect(text).toMatch(/2\.10-3~acme12\+3 1 d ago .*1 rollback 2\.10-3~acme12\+2/);
  expect(html).toContain('href="/repositories/acme/pool/main/h/hello/hello_2.10-3~acme13%2B3_amd64.deb"');
  expect(text).toContain("Version '2.10-4' of hello does not fit");
});

test("a package that does not migrate by itself says why, who holds it, and since when", async () => {
  const hold = { distribution: "bookworm-acme-unstable", reason: "bug <42>", held_by: "ada" };
  await db.write((tx) =>
    tx
      .insertInto("migration_hold")
      .values({ ...hold, source: "hello", created_at: "2024-01-02T00:00:00.000Z" })
      .execute(),
  );

  const text = textOf(await page("/packages/hello"));
  await db.write((tx) => tx.deleteFrom("migration_hold").execute());

  expect(text).toMatch(/Held by ada since [^:]*: bug <42>/);
  expect(textOf(await page("/packages/hello"))).not.toContain("Held by");
});

test("a package shows each person the changes that he may make, of the version that he sees", async () => {
  const links = async (level: Level) => {
    const principal = { level, kind: "user", name: "ada" } as const;
    const { html } = await visit(routes, "/packages/hello", { principal });
    const all = [...html.matchAll(/href="\/api\/(migrate|remove|port)\?([^"]*)"/g)];
    return all.map(([, call, query = ""]) => `${call} ${query.replaceAll("&amp;", " ")}`);
  };
  const version = (end: string) => `version=2.10-3~acme12%2B${end}`;

  expect(await links("LOGIN")).toEqual([]);
  const staff = await links("STAFF");
  expect(staff).toContain(`migrate source=hello distribution=bookworm-acme-unstable ${version("3")}`);
  expect(staff).toContain(
    `migrate source=hello distribution=bookworm-acme-unstable-rollback0 ${version("2")} replace=True`,
  );
  const from = `port source=hello from_distribution=bookworm-acme-unstable ${version("3")}`;
  expect(staff).toContain(`${from} form=1`);
  expect(staff).toContain(`${from} to_distributions=bookworm-acme-unstable`);
  expect(staff.some((link) => link.includes("to_distributions=bookworm-acme-stable"))).toBe(false);
  expect(staff.some((link) => link.startsWith("remove"))).toBe(false);
  const admin = await links("ADMIN");
  expect(admin).toContain(`remove source=hello distribution=bookworm-acme-unstable ${version("3")}`);
  expect(admin).toContain(
    `remove source=hello distribution=bookworm-acme-unstable-rollback0 ${version("2")}`,
  );
});

test("a distribution shows its snapshots, and to administrators how they are made and deleted", async () => {
  const name = "bookworm-acme-stable";
  await db.write(async (tx) => {
    const { id } = await tx
      .selectFrom("archive_distribution")
      .select("id")
      .where("name", "=", name)
      .executeTakeFirstOrThrow();
    const row = { distribution_id: id, name: "2024+1", publish: 4, created_at: ago(60), created_by: HOSTILE };
    await tx.insertInto("snapshot").values(row).execute();
  });
  const visitBy = async (level: Level) =>
    (await visit(routes, `/distributions/${name}`, { principal: { level, kind: "user", name: "ada" } })).html;

  const staff = await visitBy("STAFF");
  const admin = await visitBy("ADMIN");

  expect(staff).toContain('href="/repositories/acme/dists/bookworm-acme-stable/snapshots/2024%2B1/"');
  expect(staff).not.toContain("/api/snapshot_");
  expect(staff).not.toContain(HOSTILE);
  expect(admin).toContain('href="/api/snapshot_create?distribution=bookworm-acme-stable&amp;form=1"');
  expect(admin).toContain('href="/api/snapshot_delete?distribution=bookworm-acme-stable&amp;name=2024%2B1"');
});

test("lists filter by state, distribution and package", async () => {
  const failed = textOf(await page("/builds/?state=FAILED"));
  const trixie = textOf(await page("/packagings/?distribution=trixie-acme-unstable"));
  const rejected = textOf(await page("/uploads/?state=REJECTED"));

  expect(failed).toContain(
    "libacme 1:4.3.0-1~acme12+1 amd64 FAILED dpkg-buildpackage ended with exit code 2.",
  );
  expect(failed).not.toContain("SKIPPED");
  expect(trixie).toContain("nginx-module-acme");
  expect(trixie).not.toContain("libacme");
  expect(rejected).toContain("hello_2.10-4_source.changes REJECTED version_restriction");
});

test("a failed build begins with the reason, what to do, and the lines that say why", async () => {
  const html = await page(`/builds/${seeded.builds.failed}`);
  const text = textOf(html);

  expect(text).toMatch(/The package did not build\. .*Fix what the lines below say/);
  expect(text.indexOf("The lines that say why")).toBeLessThan(text.indexOf("Queued"));
  expect(text).toContain("Line 25 src/wire.c:118:22: error: implicit declaration");
  expect(html).toContain('<span class="ansi-red ansi-bold">error: </span>');
  expect(html).toContain(`href="/builds/${seeded.builds.failed}?line=25#L25"`);
  expect(text).toContain(
    "mini-buildd api http://packages.acme.example:8066 retry 'libacme/1:4.3.0-1~acme12+1/",
  );
});

test("a log is hostile text: markup, controls and broken bytes are shown, never obeyed", async () => {
  const html = await page(`/builds/${seeded.builds.failed}?line=30`);

  expect(html).toContain("&lt;script>alert(");
  expect(html).not.toContain("<script>alert");
  expect(html).not.toContain("javascript:alert");
  expect(html).toContain("caf\ufffd \u2400\u2407\ufffd");
  expect(html).toContain("progress 100%");
});

test("a good build has its verdict with the lines that made it, and where its files are", async () => {
  const html = await page(`/builds/${seeded.builds.good}`);
  const text = textOf(html);

  expect(text).toContain(
    "lintian WARN warnings · 1 warning · mode ERRFAIL Line 31 W: hello: initial-upload-closes-no-bugs",
  );
  expect(text).toContain("Blocks ccache 1, own 4");
  expect(html).toContain('href="/repositories/acme/pool/main/h/hello/hello_2.10-3~acme12%2B3_amd64.deb"');
  expect(html).toContain(`href="/builds/${seeded.builds.good}/files/hello_2.10-3~acme12+3_amd64.buildinfo"`);
});

test("the lines behind a byte come with where the next ones begin", async () => {
  const { html, headers } = await visit(routes, `/builds/${seeded.builds.running}/log/lines?offset=0&line=1`);
  const bad = await visit(routes, `/builds/${seeded.builds.running}/log/lines?offset=-1&line=x`);

  expect(html).toContain('id="L902"');
  expect(headers).toMatchObject({ "x-log-line": "903", "x-log-ended": "no" });
  expect(bad.status).toBe(400);
});

test("a rejected upload gives each reason with what to do about it", async () => {
  const text = textOf(await page(`/uploads/${seeded.uploads.rejected}`));

  expect(text).toContain("3 reasons why it was rejected");
  expect(text).toContain("mini-buildd key add FILE --repository acme.");
  expect(text).toContain("Build with -sa to include the original tarball.");
});

test("a packaging tells why it failed and leads to the build", async () => {
  const html = await page(`/packagings/${seeded.packagings.failed}`);

  expect(textOf(html)).toContain("Build failed on amd64.");
  expect(html).toContain(`href="/builds/${seeded.builds.failed}"`);
});

test("events narrow by type and package, page by id, and go on by themselves only where they are newest", async () => {
  const rejected = await page("/events?type=REJECTED&source=hello");
  const older = await page("/events?before=4");

  expect(rejected).toContain('data-stream="/api/events?after=');
  expect(rejected.match(/<li data-key/g)).toHaveLength(1);
  expect(older.match(/data-key="(\d+)"/g)).toEqual(['data-key="3"', 'data-key="2"', 'data-key="1"']);
  expect(older).not.toContain("data-stream");
});

test("search finds sources and binaries by any part of their names", async () => {
  const text = textOf(await page("/search?q=acme4"));

  expect(text).toContain("libacme4 1:4.2.0-1~acme12+2 libacme bookworm-acme-stable");
  expect(textOf(await page("/search?q=nothing-at-all"))).toContain(
    "Nothing here is called 'nothing-at-all'.",
  );
  expect(textOf(await page("/search?q=%25%25"))).toContain("Nothing here is called '%%'.");
});

test("between attempts a build shows the log of the last one, and links those of all before", async () => {
  const site = testPages(db);
  const id = seeded.builds.waiting;
  site.logs.setAttempt(id, 1, "nothing to see\n");
  site.logs.setAttempt(id, 3, "E: Unable to fetch it\n");
  const shown = async (query = "") => await visit(site.routes, `/builds/${id}${query}`);

  const now = (await shown()).html;
  expect(textOf(now)).toContain("Unable to fetch it");
  expect(now).toContain(`href="/builds/${id}?attempt=1#log"`);
  expect(now).toContain(`href="/builds/${id}/log?attempt=3"`);
  expect(now).not.toContain("data-log=");
  const first = await shown("?attempt=1");
  expect(textOf(first.html)).toContain("nothing to see");
  expect(first.html).toContain(`href="/builds/${id}?attempt=1&amp;line=1#L1"`);
  expect((await shown("?attempt=2")).status).toBe(404);
});
