import { describe, expect, test } from "vitest";
import {
  componentReleaseText,
  formatDate,
  nextDate,
  parseRelease,
  releaseHead,
  releaseText,
} from "./release-file.ts";

const NAME = "bookworm-test-unstable";
const layout = {
  fields: { Origin: "Here", Label: NAME, Suite: NAME, Codename: NAME, NotAutomatic: "yes" },
  components: ["main", "contrib"],
  architectures: ["amd64", "arm64"],
};
const sum = (digit: string, length: number) => digit.repeat(length);
const files = new Map([
  ["main/source/Sources", { sizeBytes: 12, sha256: sum("b", 64) }],
  ["main/binary-amd64/Packages", { sizeBytes: 123456789, sha256: sum("a", 64) }],
]);

describe("Release", () => {
  test("has its fields in order and the sums sorted by path", () => {
    const text = releaseText({ ...layout, files }, new Date("2024-01-06T03:04:05Z"), 7);

    expect(text).toBe(
      `${[
        "Origin: Here",
        `Label: ${NAME}`,
        `Suite: ${NAME}`,
        `Codename: ${NAME}`,
        "NotAutomatic: yes",
        "Acquire-By-Hash: yes",
        "Architectures: amd64 arm64",
        "Components: main contrib",
        "Date: Sat, 06 Jan 2024 03:04:05 UTC",
        "Valid-Until: Sat, 13 Jan 2024 03:04:05 UTC",
        "SHA256:",
        ` ${sum("a", 64)} 123456789 main/binary-amd64/Packages`,
        ` ${sum("b", 64)}       12 main/source/Sources`,
      ].join("\n")}\n`,
    );
  });

  test("reads back what it wrote, weak sums too", () => {
    const weak = new Map([
      ["main/x", { sizeBytes: 3, sha256: sum("c", 64), md5: sum("d", 32), sha1: sum("e", 40) }],
    ]);
    const date = new Date("2024-02-29T23:59:59Z");

    const release = parseRelease(releaseText({ ...layout, files: weak }, date, undefined));

    expect(release).toEqual({ date, validUntil: undefined, head: releaseHead(layout), files: weak });
    expect(parseRelease("nonsense")).toBeUndefined();
  });

  test("the Release beside an index names component and architecture", () => {
    expect(componentReleaseText(layout.fields, "main", "source")).toBe(
      `Archive: ${NAME}\nOrigin: Here\nLabel: ${NAME}\nNotAutomatic: yes\nAcquire-By-Hash: yes\nComponent: main\nArchitecture: source\n`,
    );
  });
});

describe("Date", () => {
  const now = new Date("2024-01-06T03:04:05.700Z");
  const last = (text: string) => nextDate(now, new Date(text), NAME);

  test("is now, but at least a second after the last one", () => {
    expect(formatDate(nextDate(now, undefined, NAME).date)).toBe("Sat, 06 Jan 2024 03:04:05 UTC");
    expect(last("2024-01-06T03:04:04Z").date.toISOString()).toBe("2024-01-06T03:04:05.000Z");
    expect(last("2024-01-06T03:04:05Z")).toEqual({ date: new Date("2024-01-06T03:04:06Z"), waitMs: 0 });
  });

  test("waits when it would be in the future by more than two seconds", () => {
    expect(last("2024-01-06T03:04:08Z")).toEqual({ date: new Date("2024-01-06T03:04:09Z"), waitMs: 1300 });
  });

  test("a clock that went back is an error that names the distribution", () => {
    expect(() => last("2024-01-07T00:00:00Z")).toThrow(/clock is 75\d+ s behind .*bookworm-test-unstable/);
  });
});
