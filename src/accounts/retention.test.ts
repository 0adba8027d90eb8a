import { expect, test } from "vitest";
import { keptSince } from "./retention.ts";

test("records are kept for two years, all else of accounts for weeks", () => {
  expect(keptSince(new Date("2026-11-28T12:00:00Z"))).toEqual({
    ended: "2026-10-29T12:00:00.000Z",
    registration: "2026-11-14T12:00:00.000Z",
    knownClient: "2026-08-30T12:00:00.000Z",
    audit: "2024-11-28T12:00:00.000Z",
  });
});
