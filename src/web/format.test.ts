import { expect, test } from "vitest";
import { duration as durationInBrowser, relativeTime as relativeInBrowser } from "./assets/times.js";
import { formatBytes, formatFingerprint, formatSeconds, relativeTime } from "./format.ts";

const NOW = new Date("2026-03-05T12:00:00.000Z");
const before = (seconds: number) => new Date(NOW.getTime() - seconds * 1000).toISOString();

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [53_044, "53.0 kB"],
  [412_000_000, "412 MB"],
  [5e15, "5000 TB"],
])("%d bytes are %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [-4, "0 s"],
  [59.4, "59 s"],
  [187, "3 min 07 s"],
  [7500, "2 h 05 min"],
  [273_600, "3 d 4 h"],
])("%d seconds are %s, and the browser says the same", (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
  expect(durationInBrowser(seconds)).toBe(text);
});

test.each([
  [3, "just now"],
  [45, "45 s ago"],
  [200, "3 min ago"],
  [7300, "2 h ago"],
  [200_000, "2 d ago"],
  [700_000, "2026-02-25"],
  [-600, "in 10 min"],
])("%d seconds before now is %s, and the browser says the same", (seconds, text) => {
  expect(relativeTime(before(seconds), NOW)).toBe(text);
  expect(relativeInBrowser(before(seconds), NOW.getTime())).toBe(text);
});

test("text that is no time stays as it is", () => {
  expect(relativeTime("yesterday", NOW)).toBe("yesterday");
});

test("fingerprints are grouped for comparison by eye", () => {
  expect(formatFingerprint("8D5A2C3B4E6F")).toBe("8D5A 2C3B 4E6F");
});
