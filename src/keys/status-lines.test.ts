import { expect, test } from "vitest";
import { isUnknownKey, parseStatusLines } from "./status-lines.ts";

const FINGERPRINT = "1744F69D3C53EA809418601EDEC41669084A5AE0";

const lines = (...texts: string[]): string => texts.map((text) => `[GNUPG:] ${text}\n`).join("");

test("a good signature", () => {
  const status = parseStatusLines(
    lines(
      "PLAINTEXT 74 0 ",
      "NEWSIG",
      "GOODSIG DEC41669084A5AE0 A Name BADSIG <a@example.org>",
      `VALIDSIG ${FINGERPRINT} 2026-11-23 1795392675 0 4 0 22 10 01 ${FINGERPRINT}`,
    ),
  );

  expect(status).toMatchObject({ plaintexts: 1, noData: false, errors: 0 });
  expect(status.signatures).toHaveLength(1);
  expect(status.signatures[0]).toMatchObject({
    good: 1,
    bad: false,
    key: FINGERPRINT,
    valid: [{ primaryFingerprint: FINGERPRINT, time: 1795392675, hash: 10, signatureClass: "01" }],
  });
});

test("each NEWSIG begins a signature, and a verdict ahead of any is one too", () => {
  const status = parseStatusLines(
    lines("BADSIG AA x", "NEWSIG", "EXPKEYSIG BB y", "NEWSIG", "REVKEYSIG CC z", "NEWSIG", "EXPSIG DD z"),
  );

  expect(status.signatures).toMatchObject([
    { bad: true, key: "AA" },
    { expiredKey: true, key: "BB" },
    { revokedKey: true, key: "CC" },
    { expiredSignature: true, key: "DD" },
  ]);
});

test("ERRSIG 9 is an unknown key, named by fingerprint if there is one", () => {
  const status = parseStatusLines(
    lines("NEWSIG", `ERRSIG DEC41669084A5AE0 22 10 01 1795392675 9 ${FINGERPRINT}`),
  );

  expect(status.signatures.map(isUnknownKey)).toEqual([true]);
  expect(status.signatures[0]?.key).toBe(FINGERPRINT);
});

test("a VALIDSIG that lacks the primary fingerprint or numbers is not valid", () => {
  const status = parseStatusLines(
    lines("NEWSIG", `VALIDSIG ${FINGERPRINT} 2026-11-23 x 0 4 0 22 10 01 ${FINGERPRINT}`, "VALIDSIG A b"),
  );

  expect(status.signatures[0]?.valid).toEqual([]);
});

test("only lines with the prefix count", () => {
  expect(parseStatusLines("GOODSIG AA x\n [GNUPG:] NEWSIG\n").signatures).toEqual([]);
});
