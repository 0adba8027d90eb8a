import { describe, expect, it } from "vitest";
import { findOriginalVersion } from "./original-version.ts";

const INSTANCE = "mini-buildd@example.org";
const entry = (who: "M" | "other", version: string) =>
  who === "M"
    ? { version, name: "Instance", email: "Mini-Buildd@Example.org" }
    : { version, name: "Jane", email: "jane@example.org" };

describe("findOriginalVersion", () => {
  it.each([
    [[entry("other", "1.1"), entry("other", "1.0")], "1.0", "Jane"],
    [[entry("M", "1.1~p"), entry("other", "1.1"), entry("other", "1.0")], "1.0", "Jane"],
    [[entry("other", "1.1")], "1.1~", "Jane"],
    [[entry("M", "1.1")], "1.1~", "Instance"],
    [[entry("M", "1.2"), entry("M", "1.1")], "1.2~", "Instance"],
    [[entry("M", "1.2~p"), entry("other", "1.2"), entry("M", "1.1~p")], "1.1~p", "Jane"],
  ])("%j", (entries, version, name) => {
    const original = findOriginalVersion(entries, INSTANCE);
    expect([original.version, original.author.name]).toEqual([version, name]);
  });

  it("looks at a hundred entries only", () => {
    const own = Array.from({ length: 100 }, (_, index) => entry("M", `2.${100 - index}`));
    const original = findOriginalVersion([...own, entry("other", "1.0")], INSTANCE);
    expect(original).toEqual({
      version: "2.100~",
      author: { name: "Instance", email: "Mini-Buildd@Example.org" },
    });
  });

  it("needs an entry", () => {
    expect(() => findOriginalVersion([], INSTANCE)).toThrow("changelog: it has no entries.");
  });
});
