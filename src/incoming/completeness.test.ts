import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { completeness, describeIncomplete, readChangesList } from "./completeness.ts";

const SUM = "a".repeat(64);
const body = `Format: 1.8\nChecksums-Sha256:\n ${SUM} 12 hello_1.dsc\n ${"b".repeat(64)} 3 hello_1.tar.xz\n`;
const listed = [
  { name: "hello_1.dsc", size: 12, sha256: SUM },
  { name: "hello_1.tar.xz", size: 3, sha256: "b".repeat(64) },
];
const signed = (text: string, before = "", after = "") =>
  `${before}-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n${text}-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\n${after}`;

describe("what a .changes lists", () => {
  test.each([
    ["unsigned", body],
    ["signed", signed(body)],
    ["with CRLF", signed(body).replaceAll("\n", "\r\n")],
    [
      "with text around the signature, which verification will refuse",
      signed(body, "junk: 1\n", "more: 2\n"),
    ],
    ["with a second paragraph, which verification will refuse", `${body}\nSource: evil\n`],
  ])("%s", (_, text) => {
    expect(readChangesList(text, "x.changes", 10)).toEqual({ readable: true, files: listed });
  });

  test.each([
    ["", "no field Checksums-Sha256"],
    ["Format: 1.8\n", "no field Checksums-Sha256"],
    ["\x00\x01", "NUL"],
    [`Checksums-Sha256:\n ${SUM} 1 ../x\n`, "../x"],
    [`Checksums-Sha256:\n ${SUM} 1 /etc/passwd\n`, "/etc/passwd"],
    [`Checksums-Sha256:\n ${SUM} -1 x\n`, "not a file size"],
    [`Checksums-Sha256:\n ${SUM} 1 x\n ${SUM} 1 x\n`, "twice"],
    [`${body}Checksums-Sha256:\n ${SUM} 1 x\n`, "twice"],
    ["Checksums-Sha256:\n", "empty"],
    [`Checksums-Sha256:\n${[1, 2, 3].map((n) => ` ${SUM} 1 f${n}\n`).join("")}`, "at most 2"],
  ])("unreadable: %j", (text, why) => {
    const list = readChangesList(text, "x.changes", 2);

    expect(list).toMatchObject({ readable: false, reason: expect.stringContaining(why) });
  });

  test("any text is either a list or a reason", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.constantFrom("", body, signed(body)), (junk, text) => {
        const list = readChangesList(text.slice(0, junk.length * 3) + junk + text, "x", 5);
        return list.readable ? list.files.length > 0 : list.reason !== "";
      }),
    );
  });
});

describe("completeness", () => {
  test("each listed file must be there with name, size and sum; any of several equal names will do", () => {
    const other = { name: "hello_1.dsc", size: 99, sha256: "c".repeat(64) };

    expect(completeness(listed, [...listed, other]).complete).toBe(true);
    expect(completeness(listed, [other, ...listed]).complete).toBe(true);
  });

  test("what is wrong is said for each file", () => {
    const received = [{ name: "hello_1.tar.xz", size: 4, sha256: "b".repeat(64) }];

    expect(describeIncomplete(completeness(listed, received))).toBe(
      "hello_1.dsc is missing, hello_1.tar.xz has 4 bytes instead of 3",
    );
    expect(
      describeIncomplete(
        completeness(listed.slice(0, 1), [{ name: "hello_1.dsc", size: 12, sha256: "d".repeat(64) }]),
      ),
    ).toBe(`hello_1.dsc has SHA256 ${"d".repeat(64)} instead of ${SUM}`);
  });

  test("long lists are cut", () => {
    const many = Array.from({ length: 15 }, (_, n) => ({ name: `f${n}`, size: 1, sha256: SUM }));

    expect(describeIncomplete(completeness(many, []))).toMatch(/f9 is missing, and 5 more$/);
  });
});
