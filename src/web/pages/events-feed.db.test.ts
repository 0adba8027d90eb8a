import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Database, openTestDatabase } from "#db";
import { createEvents, type NewEvent } from "#events";
import { systemClock } from "#platform";
import { createPages } from "../create-pages.ts";
import { testDeps, visit } from "../testing/site.ts";

let db: Database;
beforeEach(async () => {
  db = await openTestDatabase();
});
afterEach(() => db.close());

const record = (event: NewEvent) =>
  db.write((tx) => createEvents({ db, clock: systemClock, instance: "acme" }).record(tx, event));
const feed = (query = "") => visit(createPages(testDeps(db)), `/events.atom${query}`);

const PARSER = `
import json, sys, xml.etree.ElementTree as tree
atom = "{http://www.w3.org/2005/Atom}"
root = tree.fromstring(sys.stdin.buffer.read())
texts = lambda name: [entry.find(atom + name).text for entry in root.findall(atom + "entry")]
links = [entry.find(atom + "link").get("href") for entry in root.findall(atom + "entry")]
print(json.dumps([root.find(atom + "title").text, texts("title"), texts("id"), links]))
`;

/** As another program reads it. */
async function read(xml: string): Promise<unknown[]> {
  const { stdout } = await execa("python3", ["-c", PARSER], { input: xml });
  return JSON.parse(stdout) as unknown[];
}

test("a feed of the newest events, by filter, for programs that read feeds", async () => {
  await record({ type: "INSTALLED", source: "hello", version: "1.0", packaging: 7, message: "installed" });
  await record({ type: "FAILED", source: "other", message: "no" });
  await record({ type: "CHROOT", message: "made" });

  const all = await feed();
  const hello = await feed("?source=hello");

  expect(all.headers).toMatchObject({
    "content-type": "application/atom+xml; charset=utf-8",
    etag: '"events-3"',
  });
  const base = "http://packages.acme.example:8066";
  expect(await read(all.html)).toEqual([
    "mini-buildd acme: events",
    ["CHROOT: made", "FAILED: other: no", "INSTALLED: hello 1.0: installed"],
    ["urn:mini-buildd:acme:event:3", "urn:mini-buildd:acme:event:2", "urn:mini-buildd:acme:event:1"],
    [`${base}/events?type=CHROOT`, `${base}/packages/other`, `${base}/packagings/7`],
  ]);
  expect((await read(hello.html)).slice(0, 2)).toEqual([
    "mini-buildd acme: hello",
    ["INSTALLED: hello 1.0: installed"],
  ]);
});

test("whatever is in an event, the feed is well-formed", async () => {
  const evil = `</title><script>&amp;"'\u0000\u001b\u202e\ufffe]]>`.replaceAll("\u0000", "\u0001");
  await record({ type: "FAILED", source: evil, message: evil });

  const { html } = await feed(`?source=${encodeURIComponent(evil)}`);

  expect((await read(html))[1]).toEqual([expect.stringContaining("</title><script>")]);
});

test("a feed of nothing is one, too", async () => {
  expect(await read((await feed("?type=REMOVED")).html)).toEqual(["mini-buildd acme: REMOVED", [], [], []]);
});
