import { describe, expect, it } from "vitest";
import { FormatError, formatError, quote } from "./errors.ts";

describe("formatError", () => {
  it("says what, where and why in one sentence", () => {
    const error = formatError({ what: "hello.dsc", field: "Version", line: 3 }, "it is empty");

    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toBe('hello.dsc, line 3, field "Version": it is empty.');
    expect([error.what, error.field, error.line]).toEqual(["hello.dsc", "Version", 3]);
  });

  it("leaves out what is not known", () => {
    expect(formatError({ what: "version" }, "it is empty.").message).toBe("version: it is empty.");
  });
});

describe("quote", () => {
  it("keeps foreign text on one line and short", () => {
    expect(quote("a\nb\u202eb\u2028\x9b")).toBe('"a\\nb\\u202eb\\u2028\\u009b"');
    expect(quote("x".repeat(500))).toHaveLength(82);
  });
});
