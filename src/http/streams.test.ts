import { expect, test } from "vitest";
import { DEFAULT_LIMITS } from "./deps.ts";
import { createStreams } from "./streams.ts";

test("a client has so many streams, of IPv6 from anywhere in its /64, and as many again when they end", () => {
  const streams = createStreams({ ...DEFAULT_LIMITS, streamsPerClient: 2 });
  const [first] = ["2001:db8::1", "2001:db8::2"].map((client) => streams.reserve(client));

  expect(() => streams.reserve("2001:db8::3")).toThrow("Too many open streams.");
  expect(() => streams.reserve("2001:db8:0:1::1")).not.toThrow();
  first?.release();
  first?.release();
  expect(() => streams.reserve("2001:db8::3")).not.toThrow();
  expect(() => streams.reserve("2001:db8::4")).toThrow("Too many open streams.");
});
