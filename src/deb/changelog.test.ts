import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatChangelogEntry, formatRfc5322, parseChangelog } from "./changelog.ts";
import { parseStanzas } from "./deb822.ts";
import { mutated, onlyFormatError } from "./fuzz-support.ts";

const TEXT = `hello (1:2.10-3~test12+1) bookworm-test-unstable UNRELEASED; urgency=HIGH (security), binary-only=yes

  [ Jane Doe ]
  * One.
    More.

  * Two.

 -- Jane "J" Doe <jane@example.org>  Tue, 02 Jan 2024 03:04:05 +0100

hello (1:2.10-2) unstable; urgency=low

  * Old.

 -- Joe <joe@example.org>  Mon, 01 Jan 2024 00:00:00 +0000
`;
const NEW = {
  source: "hello",
  version: "1.0~test12+1",
  distribution: "bookworm-test-unstable",
  bullets: ["Automated port (no changes).", "MINI_BUILDD_OPTION: lintian-mode=IGNORE"],
  name: "Instance",
  email: "mbd@example.org",
  date: new Date("2024-01-02T03:04:05Z"),
};

describe("parseChangelog", () => {
  it("reads entries, newest first", () => {
    expect(parseChangelog(TEXT)).toEqual([
      {
        source: "hello",
        version: "1:2.10-3~test12+1",
        distributions: ["bookworm-test-unstable", "UNRELEASED"],
        urgency: "HIGH (security)",
        options: { urgency: "HIGH (security)", "binary-only": "yes" },
        changes: ["  [ Jane Doe ]", "  * One.", "    More.", "", "  * Two."],
        name: 'Jane "J" Doe',
        email: "jane@example.org",
        date: "Tue, 02 Jan 2024 03:04:05 +0100",
      },
      {
        source: "hello",
        version: "1:2.10-2",
        distributions: ["unstable"],
        urgency: "low",
        options: { urgency: "low" },
        changes: ["  * Old."],
        name: "Joe",
        email: "joe@example.org",
        date: "Mon, 01 Jan 2024 00:00:00 +0000",
      },
    ]);
  });

  it("reads no more than asked for", () => {
    expect(parseChangelog(TEXT, { limit: 1 }).map((entry) => entry.version)).toEqual(["1:2.10-3~test12+1"]);
    expect(parseChangelog(`${TEXT}garbage`.replace("Old.", "x\nbad"), { limit: 1 })).toHaveLength(1);
  });

  it("reads what dpkg-parsechangelog reads", () => {
    const args = ["-l", "-", "--all", "--format", "rfc822"];
    const output = execFileSync("dpkg-parsechangelog", args, {
      input: TEXT.replace("+0100", "+0000"),
      encoding: "utf8",
      stdio: ["pipe", "pipe", "pipe"],
    });
    const fields = ["Source", "Version", "Distribution", "Maintainer", "Date"];
    const expected = parseStanzas(output, { what: "dpkg" }).map((stanza) =>
      fields.map((field) => stanza.get(field)),
    );

    const entries = parseChangelog(TEXT.replace("+0100", "+0000"));

    const found = entries.map((it) => [
      it.source,
      it.version,
      it.distributions.join(" "),
      `${it.name} <${it.email}>`,
      it.date,
    ]);
    expect(found).toEqual(expected);
  });

  it.each([
    ["Local variables:\nmode: debian-changelog\nEnd:\n"],
    ["Old Changelog:\n  x\n"],
    ["hello (1.0) unstable; urgency=low\n\n  * No trailer.\n"],
    ["hello 1.0 unstable\n\n  * x\n\n -- J <j@x>  now\n"],
    ["hello (1.0) unstable; urgency=low\n\n  * x\n\n -- J\n"],
  ])("ends at old irregular text: %j", (tail) => {
    expect(parseChangelog(`${TEXT}\n${tail}`)).toHaveLength(2);
  });

  it.each([
    ["", "debian/changelog: it has no entries."],
    ["\n\n", "debian/changelog: it has no entries."],
    [
      "hello 1.0\n",
      'debian/changelog, line 1: "hello 1.0" is not a heading "source (version) distribution; urgency=…".',
    ],
    ["\nhello (1.0) sid; urgency=low\nbad\n", 'debian/changelog, line 3: "bad" is not indented.'],
    ["hello (1.0) sid; urgency=low\n\n  * x\n", "debian/changelog, line 4: the entry has no trailer."],
    [
      "hello (1.0) sid; urgency=low\n\n -- x\n",
      'debian/changelog, line 3: " -- x" is not a trailer " -- name <address>  date".',
    ],
  ])("refuses a wrong newest entry %j", (text, message) => {
    expect(() => parseChangelog(text)).toThrow(message);
  });

  it("takes any input", () => {
    fc.assert(
      fc.property(mutated([TEXT]), (text) => onlyFormatError(() => parseChangelog(text)) || true),
      { numRuns: 1500 },
    );
  });
});

describe("formatChangelogEntry", () => {
  it("writes as dch does", () => {
    expect(formatChangelogEntry(NEW)).toBe(
      `hello (1.0~test12+1) bookworm-test-unstable; urgency=medium

  * Automated port (no changes).
  * MINI_BUILDD_OPTION: lintian-mode=IGNORE

 -- Instance <mbd@example.org>  Tue, 02 Jan 2024 03:04:05 +0000

`,
    );
  });

  it("writes what it reads and what dpkg takes without a warning", () => {
    const text = formatChangelogEntry({ ...NEW, bullets: ["a\n\nb"] }) + TEXT;

    const check = () =>
      execFileSync("dpkg-parsechangelog", ["-l", "-"], {
        input: text,
        encoding: "utf8",
        stdio: ["pipe", "pipe", "pipe"],
      });

    expect(parseChangelog(text, { limit: 1 })).toMatchObject([
      { version: NEW.version, changes: ["  * a", "    b"], name: "Instance" },
    ]);
    expect(check()).toContain("Version: 1.0~test12+1\n");
  });

  it.each([
    [{ name: "A\n -- B" }, /"name"/],
    [{ name: "A <b" }, /"name"/],
    [{ email: "a b" }, /"email"/],
    [{ email: "a@b>" }, /"email"/],
    [{ distribution: "a b" }, /"distribution"/],
    [{ urgency: "low\n" }, /"urgency"/],
    [{ version: "1.0)" }, /"version"/],
    [{ source: "../x" }, /"source"/],
    [{ bullets: ["a\rb"] }, /"bullets".*control characters/],
    [{ bullets: ["\n"] }, /"bullets".*empty/],
    [{ date: new Date(Number.NaN) }, /"date"/],
  ])("refuses %o", (change, message) => {
    expect(() => formatChangelogEntry({ ...NEW, ...change })).toThrow(message);
  });

  it("gives back any bullets as lines of one entry", () => {
    fc.assert(
      fc.property(mutated(["a\nb", " -- x <y>  z", "hello (1) sid; urgency=low"]), (bullet) => {
        onlyFormatError(() => {
          expect(parseChangelog(formatChangelogEntry({ ...NEW, bullets: [bullet] }) + TEXT)).toHaveLength(3);
        });
      }),
    );
  });
});

it("writes dates as date -R does", () => {
  expect(formatRfc5322(new Date("2024-11-09T23:04:05Z"))).toBe("Sat, 09 Nov 2024 23:04:05 +0000");
});
