import { expect, test } from "vitest";
import { EVENT_TYPES } from "#events";
import { loadAssets } from "./index.ts";

test("every asset has its type, its hash, and an address that changes with the content", () => {
  const assets = loadAssets();

  expect(assets.all.map(({ path }) => path.split("/").at(-1))).toEqual([
    "base.css",
    "calls.css",
    "copy.js",
    "events.css",
    "icon.svg",
    "live.js",
    "log.css",
    "log.js",
    "main.js",
    "narrow.css",
    "parts.css",
    "people.css",
    "tables.css",
    "times.js",
  ]);
  for (const asset of assets.all) {
    expect(asset.path).toMatch(/^\/assets\/[0-9a-f]{12}\/[a-z]+\.(?:js|css|svg)$/);
    expect(asset.etag).toMatch(/^"[0-9a-f]{32}"$/);
  }
  expect(assets.href("base.css")).toBe(assets.all.find(({ type }) => type.startsWith("text/css"))?.path);
});

test("nothing in them is loaded from elsewhere", () => {
  const text = loadAssets()
    .all.map(({ body }) => new TextDecoder().decode(body))
    .join("\n");

  expect(text.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/(?:https?:)?\/\/[a-z0-9-]+\.[a-z]/);
  expect(text).not.toContain("@import");
});

test("pages are renewed by every type of event", () => {
  const live = loadAssets().all.find(({ path }) => path.endsWith("/live.js"));
  const text = new TextDecoder().decode(live?.body);

  expect(EVENT_TYPES.filter((type) => !text.includes(`"${type}"`))).toEqual([]);
});
