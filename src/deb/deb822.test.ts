import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { iterateStanzas, parseStanza, parseStanzas, streamStanzas } from "./deb822.ts";
import { mutated, onlyFormatError } from "./fuzz-support.ts";
import { createStanza, decodeMultiline, encodeMultiline, type Stanza } from "./stanza.ts";

const what = "test.txt";
const CONTROL = [
  "# the source",
  "Source: hello",
  "Build-Depends: debhelper-compat (= 13),",
  "# a comment inside",
  "               foo,",
  "Maintainer:   Jane Doe <jane@example.org>  ",
  "Description:",
  " first",
  " .",
  "   indented",
  "",
  "Package: hello",
  "Architecture: any",
  "",
].join("\n");
const PLAIN = CONTROL.replace(/^#.*\n/gm, "");

describe("parseStanzas", () => {
  it("reads fields, continuation lines, comments", () => {
    const stanzas = parseStanzas(CONTROL, { what, comments: true });

    expect(stanzas.map(values)).toEqual([
      [
        ["Source", "hello"],
        ["Build-Depends", "debhelper-compat (= 13),\n               foo,"],
        ["Maintainer", "Jane Doe <jane@example.org>"],
        ["Description", "\n first\n .\n   indented"],
      ],
      [
        ["Package", "hello"],
        ["Architecture", "any"],
      ],
    ]);
    expect(stanzas.map((stanza) => stanza.line)).toEqual([2, 12]);
  });

  it("gives back each stanza byte for byte", () => {
    const stanzas = parseStanzas(CONTROL, { what, comments: true });

    expect(stanzas.join("\n")).toBe(CONTROL);
  });

  it.each([
    ["Source: a\r\nDescription: b\r\n c\r\n\r\nSource: d\r\n", ["a", "d"]],
    ["\n\nSource: a\n \t\nSource: d", ["a", "d"]],
    ["Source:a\n\n\n", ["a"]],
    ["", []],
    ["\n", []],
  ])("takes line ends, separators and missing ends as they come: %j", (text, sources) => {
    expect(parseStanzas(text, { what }).map((stanza) => stanza.get("source"))).toEqual(sources);
  });

  it.each([
    ["A: 1\na: 2\n", 'test.txt, line 2, field "a": this field is given twice, first in line 1.'],
    [" x\nA: 1\n", "test.txt, line 1: a continuation line stands before the first field."],
    ["A: 1\n\nno field\n", 'test.txt, line 3: "no field" is no field: it has no colon.'],
    ["A: 1\n# text: x\n", 'test.txt, line 2: "# text" cannot be the name of a field.'],
    ["-A: 1\n", 'test.txt, line 1: "-A" cannot be the name of a field.'],
    ["A : 1\n", 'test.txt, line 1: "A " cannot be the name of a field.'],
    [": 1\n", 'test.txt, line 1: "" cannot be the name of a field.'],
    ["é: 1\n", 'test.txt, line 1: "é" cannot be the name of a field.'],
    ["A: 1\nB: x\0y\n", "test.txt, line 2: a NUL character is not allowed."],
    ["A: 1\nB: x\ry\n", "test.txt, line 2: a carriage return inside a line is not allowed."],
  ])("refuses %j", (text, message) => {
    expect(() => parseStanzas(text, { what })).toThrow(
      expect.objectContaining({ name: "FormatError", message }),
    );
  });

  it.each([
    [{ maxLength: 20 }, /longer than 20 characters/],
    [{ maxLineLength: 10 }, /line 2: the line is longer/],
    [{ maxFields: 2 }, /line 3: it has more than 2 fields/],
    [{ maxStanzaLength: 30 }, /line 4: a paragraph is longer than 30/],
  ])("keeps to the limit %o", (limit, message) => {
    expect(() => parseStanzas("A: 1\nBcdefgh: 12345\nC: 1\nD: 12345\n", { what, ...limit })).toThrow(message);
  });
});

describe("parseStanza", () => {
  it("wants exactly one paragraph", () => {
    expect(() => parseStanza("\n\n", { what })).toThrow("test.txt: it has no fields.");
    expect(() => parseStanza("A: 1\n\nB: 2\n", { what })).toThrow(/line 3: a second paragraph starts here/);
    expect(parseStanza("\nA: 1\n\n", { what }).get("a")).toBe("1");
  });
});

describe("Stanza", () => {
  it("changes single fields and keeps the rest of the text", () => {
    const stanza = parseStanza("# c\nA:  1\nB: 2", { what, comments: true });

    expect(stanza.with("b", "3\n x").with("C", "").without("zzz").toString()).toBe(
      "# c\nA:  1\nb: 3\n x\nC:\n",
    );
    expect(stanza.without("A").toString()).toBe("# c\nB: 2");
    expect(stanza.toString()).toBe("# c\nA:  1\nB: 2");
  });

  it("names the field that is missing, empty or too long", () => {
    const stanza = parseStanza("A:\nB: x\n y\n", { what });

    expect(() => stanza.getRequired("C")).toThrow('test.txt, field "C": this field is missing.');
    expect(() => stanza.getRequired("A")).toThrow('test.txt, line 1, field "A": this field is empty.');
    expect(() => stanza.getLine("B")).toThrow(
      'test.txt, line 2, field "B": this field must be a single line.',
    );
    expect([stanza.has("a"), stanza.has("c"), stanza.get("c")]).toEqual([true, false, undefined]);
  });

  it.each([
    ["A b", "x"],
    ["A", "x\ny"],
    ["A", "x\n \n y"],
    ["A", "x\r"],
  ])("refuses to write %j: %j", (name, value) => {
    expect(() => createStanza([[name, value]])).toThrow(/^stanza, field /);
  });

  it("reads what it wrote", () => {
    const line = fc.string().map((text) => text.replace(/[\r\n\0\t ]/g, "_"));
    const value = fc
      .array(line, { minLength: 1, maxLength: 4 })
      .map(([first, ...more]) => [first, ...more.map((it) => ` ${it}_`)].join("\n"));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 5 }), (list) => {
        const fields = list.map((text, index) => [`F${index}`, text] as const);
        expect(values(parseStanza(createStanza(fields).toString(), { what }))).toEqual(fields);
      }),
    );
  });
});

describe("decodeMultiline", () => {
  it("drops one blank of each line, and dots for empty lines", () => {
    expect(decodeMultiline("\n a\n .\n   b\n ..")).toBe("a\n\n  b\n..");
    expect(decodeMultiline("a\n b")).toBe("a\nb");
  });

  it("is undone by encodeMultiline", () => {
    const text = "a\n\n  * b\nc";
    expect(encodeMultiline(text)).toBe("\n a\n .\n   * b\n c");
    expect(decodeMultiline(encodeMultiline(text))).toBe(text);
  });
});

describe("streamStanzas", () => {
  it("finds the same stanzas however the text is cut", async () => {
    const text = PLAIN.replace(/\n\n/, "\n \t\r\n").repeat(3).replaceAll("Jane", "Jäne");
    const expected = parseStanzas(text, { what }).map((stanza) => [stanza.line, values(stanza)]);
    const bytes = Buffer.from(text);

    for (const size of [1, 2, 3, 7, 50, 1000]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      const found: unknown[] = [];
      for await (const stanza of streamStanzas(chunks, { what })) found.push([stanza.line, values(stanza)]);
      expect(found).toEqual(expected);
    }
  });

  it("does not collect a paragraph without end", async () => {
    const endless = (function* () {
      for (;;) yield "A: 1\n x\n".repeat(100);
    })();
    const read = async () => {
      for await (const stanza of streamStanzas(endless, { what, maxStanzaLength: 5000 })) stanza.toString();
    };
    await expect(read()).rejects.toThrow(/a paragraph is longer than 5000/);
  });
});

describe.skipIf(!hasPythonDebian())("as other programs", () => {
  it("reads generated texts as python3-debian does", () => {
    const word = fc.string({
      unit: fc.constantFrom("a", "B", "1", ":", " ", "\t", ".", "#", "-", "é", "<"),
      maxLength: 8,
    });
    const line = fc.oneof(
      {
        weight: 4,
        arbitrary: fc
          .tuple(fc.constantFrom("Name", "x-Y", "Files", "A", "B", "C"), word)
          .map(([name, value]) => `${name}:${value}`),
      },
      { weight: 3, arbitrary: word.map((text) => ` ${text}x`) },
      { weight: 1, arbitrary: fc.constantFrom("", " ") },
    );
    const texts = fc
      .sample(fc.array(line, { maxLength: 12 }), { numRuns: 1500, seed: 42 })
      .map((lines) => `First: 1\n${lines.join("\n")}\n`)
      .filter((text) => onlyFormatError(() => parseStanzas(text, { what })));
    expect(texts.length).toBeGreaterThan(200);

    expect(texts.map((text) => parseStanzas(text, { what }).map(values))).toEqual(readByPython(texts));
  });

  it("reads the machine's package state", () => {
    const text = readFileSync("/var/lib/dpkg/status", "utf8");

    const stanzas = parseStanzas(text, { what: "status" });

    expect(stanzas.map(values)).toEqual(readByPython([text])[0]);
    expect(`${stanzas.join("\n")}\n`).toBe(text);
  });
});

describe("any input", () => {
  it("gives stanzas that parse to themselves, or a FormatError", () => {
    fc.assert(
      fc.property(mutated([PLAIN, CONTROL]), fc.boolean(), (text, comments) => {
        onlyFormatError(() => {
          for (const stanza of iterateStanzas(text, { what, comments })) {
            const again = parseStanza(stanza.toString(), { what, comments });
            expect(values(again)).toEqual(values(stanza));
          }
        });
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ["A: ".concat(" ".repeat(400_000), "x\n")],
    [`A: 1\n${" x\n".repeat(400_000)}`],
    [`A: 1\n${`${" ".repeat(1000)}\n`.repeat(400)}`],
    ["\n".repeat(1_000_000)],
    [`A${"\r".repeat(500_000)}`],
  ])("takes linear time", (text) => {
    const started = performance.now();
    onlyFormatError(() => parseStanzas(text, { what }).map(values));
    expect(performance.now() - started).toBeLessThan(3000);
  });
});

function values(stanza: Stanza): [string, string][] {
  return [...stanza.entries()];
}

function readByPython(texts: readonly string[]): unknown[] {
  const script = `
import json, sys
from debian import deb822
texts = json.load(sys.stdin)
trim = lambda value: "\\n".join(line.rstrip(" \\t\\r") for line in value.split("\\n"))
read = lambda text: [[[k, trim(v)] for k, v in p.items()] for p in deb822.Deb822.iter_paragraphs(text, use_apt_pkg=False)]
json.dump([read(text) for text in texts], sys.stdout)`;
  const output = execFileSync("/usr/bin/python3", ["-c", script], {
    input: JSON.stringify(texts),
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const parsed: unknown = JSON.parse(output);
  return Array.isArray(parsed) ? parsed : [];
}

function hasPythonDebian(): boolean {
  return spawnSync("/usr/bin/python3", ["-c", "import debian.deb822"]).status === 0;
}
