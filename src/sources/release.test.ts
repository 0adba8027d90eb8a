import { describe, expect, test } from "vitest";
import { parseRelease } from "./release-file.ts";
import { faultOf } from "./release-rules.ts";

const SUM = "a".repeat(64);
const TEXT = `Origin: Debian
Label: Debian-Security
Suite: oldstable-security
Version: 12
Codename: bookworm-security
Date: Sat, 21 Nov 2026 00:53:02 UTC
Valid-Until: Sat, 28 Nov 2026 00:53:02 UTC
Acquire-By-Hash: yes
Architectures: all amd64 arm64
Components: updates/main updates/contrib
Description: Debian 12 - Security Updates
SHA256:
 ${SUM}        0 contrib/Contents-amd64
 ${SUM}    12345 main/source/Sources.xz
`;
const NOW = new Date("2026-11-23T00:00:00Z");
const EXPECTED = { origin: "Debian", codename: "bookworm-security", match: {}, checkValidUntil: true };

test("a Release file is read", () => {
  const release = parseRelease(TEXT, "Release");

  expect(release).toMatchObject({
    origin: "Debian",
    version: "12",
    date: new Date("2026-11-21T00:53:02Z"),
    validUntil: new Date("2026-11-28T00:53:02Z"),
    architectures: ["amd64", "arm64"],
    components: ["updates/main", "updates/contrib"],
    strong: true,
    acquireByHash: true,
  });
  expect(release.sha256.get("main/source/Sources.xz")).toEqual({ sha256: SUM, sizeBytes: 12345 });
});

test("a date that is none, or not in UTC, is refused", () => {
  for (const date of ["yesterday", "Sat, 21 Nov 2026 00:53:02", "Sat, 21 Nov 2026 00:53:02 +0200"]) {
    expect(() => parseRelease(TEXT.replace(/Date: .*/, `Date: ${date}`), "Release")).toThrow("Date");
  }
});

describe("the rules", () => {
  const fault = (from: string | RegExp, to: string, expected = {}, now = NOW) =>
    faultOf(parseRelease(TEXT.replace(from, to), "Release"), { ...EXPECTED, ...expected }, now)?.problem;

  test("a file that is right", () => {
    expect(fault("", "")).toBeUndefined();
  });

  test.each([
    [{ origin: "Ubuntu" }, "mismatch"],
    [{ codename: "bookworm" }, "mismatch"],
    [{ match: { suite: "stable-security" } }, "mismatch"],
    [{ match: { archive: "oldstable-security", version: "12", label: "Debian-Security" } }, undefined],
    [{ match: { label: "Debian" } }, "mismatch"],
    [{ match: { version: "13" } }, "mismatch"],
  ])("2: expected %o", (expected, problem) => {
    expect(fault("", "", expected)).toBe(problem);
  });

  test("2: a pocket whose Codename is that of its base is known by its Suite", () => {
    const expected = { codename: "jammy-updates" };
    const ubuntu = TEXT.replace("oldstable-security", "jammy-updates");
    const check = (codename: string) =>
      faultOf(
        parseRelease(ubuntu.replace("bookworm-security", codename), "R"),
        { ...EXPECTED, ...expected },
        NOW,
      );

    expect(check("jammy")).toBeUndefined();
    expect(check("noble")).toMatchObject({ problem: "mismatch" });
  });

  test("3: dates", () => {
    expect(fault("", "", {}, new Date("2026-11-20T23:53:01Z"))).toBe("expired");
    expect(fault("", "", {}, new Date("2026-11-20T23:53:02Z"))).toBeUndefined();
    expect(fault("", "", {}, new Date("2026-11-28T00:53:03Z"))).toBe("expired");
    expect(fault("", "", { checkValidUntil: false }, new Date("2027-11-28T00:00:00Z"))).toBeUndefined();
  });

  test("4: much older than one accepted before", () => {
    expect(fault("", "", { newestDate: new Date("2026-11-28T00:53:03Z") })).toBe("stale");
    expect(fault("", "", { newestDate: new Date("2026-11-28T00:53:02Z") })).toBeUndefined();
  });

  test("5: no strong sums", () => {
    expect(fault("SHA256:", "MD5Sum:")).toBe("weak");
    expect(fault("SHA256:", "SHA512:")).toBeUndefined();
  });
});
