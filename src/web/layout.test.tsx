import { expect, test } from "vitest";
import type { Level } from "#accounts";
import { loadAssets } from "./assets/index.ts";
import { renderDocument } from "./document.tsx";

function pageFor(level: Level, engine: "running" | "draining" | "stopped"): string {
  const site = {
    ...{ identity: "acme", hostname: "host", url: "http://host:8066", version: "0", assets: loadAssets() },
    clock: { now: () => new Date(0) },
    engine: () => engine,
  };
  const principal = { level, kind: "user", name: "anna" } as const;
  return renderDocument(site, { title: "A", section: "/", principal }, <p>content</p>).html;
}

test("pages say that the engine is off; administrators get the way to start it", () => {
  expect(pageFor("ADMIN", "running")).not.toContain("The engine");
  expect(pageFor("ADMIN", "stopped")).toContain('<a href="/api/start">');
  expect(pageFor("STAFF", "stopped")).toContain("mini-buildd api ENDPOINT start");
  expect(pageFor("STAFF", "stopped")).not.toContain("/api/start");
  expect(pageFor("STAFF", "draining")).toContain("is draining");
});
