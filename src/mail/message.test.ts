import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bodyOf, isAddress, messageIdOf, subjectOf, withoutAddresses } from "./message.ts";

describe("an address", () => {
  test.each(["ada@example.org", "a.b+c@host", "o'neil@a-b.example", `${"a".repeat(64)}@x.org`])(
    "%s",
    (text) => expect(isAddress(text)).toBe(true),
  );

  test.each([
    "",
    "ada",
    "@example.org",
    "ada@",
    "ada@-x.org",
    "ada@x..org",
    ".ada@x.org",
    "a..da@x.org",
    "-oQ/tmp@x.org",
    "a b@x.org",
    "a@b@x.org",
    '"a"@x.org',
    "Ada <ada@x.org>",
    "a@x.org, b@x.org",
    "a@x.org\r\nBcc: b@x.org",
    "a@x.org\n",
    "a\u0000@x.org",
    "ä@x.org",
    "a@[127.0.0.1]",
    `${"a".repeat(65)}@x.org`,
  ])("not %j", (text) => expect(isAddress(text)).toBe(false));
});

test("a subject is one line of bounded length, whatever it is made of", () => {
  expect(subjectOf("hello 1.0: built\r\nBcc: eve@example.org\u202e")).toBe(
    "hello 1.0: built Bcc: eve@example.org",
  );
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
      expect(subjectOf(text)).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
    }),
  );
  expect(Array.from(subjectOf("\u{1f4e6}".repeat(300)))).toHaveLength(250);
});

test("a message id is made of what is allowed there, and no two keys share one", () => {
  expect(messageIdOf("event-4711", "host")).toBe("<event-4711@host>");
  expect(messageIdOf("a 2024-01-02T03:04:05.678Z>\r\n", "host")).toBe(
    "<a=202024-01-02T03=3a04=3a05=2e678Z=3e=0d=0a@host>",
  );
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (one, other) => {
      const ids = [messageIdOf(one, "h"), messageIdOf(other, "h")];
      expect(ids[0] === ids[1]).toBe(Buffer.from(one).equals(Buffer.from(other)));
      expect(ids[0]).toMatch(/^<[A-Za-z0-9=_-]*@h>$/);
    }),
  );
});

test("a body keeps lines and tabs, and nothing that a terminal would obey", () => {
  expect(bodyOf("a\r\n\tb\u001b[31mc\r\n")).toBe("a\n\tb\ufffd[31mc\n");
});

test("what a server said is told without the addresses in it", () => {
  expect(withoutAddresses("550 <ada@x.org>: no such user; ask root@x.org")).toBe(
    "550 <…@x.org>: no such user; ask …@x.org",
  );
});
