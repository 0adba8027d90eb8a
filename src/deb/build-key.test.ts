import { describe, expect, it } from "vitest";
import { formatBkey, formatStamp, formatTimecode, parseBkey } from "./build-key.ts";

describe("parseBkey", () => {
  it.each([
    ["hello/2.10-3~test12+1/20240102T030000Z/source amd64", "2.10-3~test12+1", "amd64"],
    ["hello/1:2.10/20240102T030000Z/source", "1:2.10", undefined],
  ])("%s", (text, version, architecture) => {
    const key = parseBkey(text);

    expect(key).toEqual({ source: "hello", version, timecode: "20240102T030000Z", architecture });
    expect(key && formatBkey(key)).toBe(text);
  });

  it.each([
    "hello/1.0/20240102T030000Z/source ",
    "hello/1.0/20240102T030000Z/source amd64\n",
    "hello/1.0/20240102T030000Z/binary",
    "hello/1.0/20240102/source",
    "../1.0/20240102T030000Z/source",
    "hello/../20240102T030000Z/source",
    "hello//20240102T030000Z/source",
    "hello/1.0/20240102T030000Z/source/../x",
    "a\nb/1.0/20240102T030000Z/source",
    "",
  ])("refuses %j", (text) => {
    expect(parseBkey(text)).toBeUndefined();
  });
});

describe("times in names", () => {
  const time = new Date("2024-01-02T03:04:05.678Z");

  it("are UTC to the second", () => {
    expect(formatTimecode(time)).toBe("20240102T030405Z");
    expect(formatStamp(time)).toBe("20240102030405");
  });
});
