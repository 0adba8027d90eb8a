import { describe, expect, test } from "vitest";
import { belongsTo, indexRules, shownRules, smallReleases } from "./index-rules.ts";

const layout = {
  fields: { Suite: "s" },
  components: ["main", "contrib"],
  architectures: ["amd64", "arm64"],
};
const pathsOf = (rules: readonly { path: string }[]) => rules.map(({ path }) => path).sort();

describe("indices of a distribution", () => {
  test("are there for every component and architecture, empty ones too", () => {
    const shown = shownRules(indexRules(layout, {}), () => false);

    expect(pathsOf(shown)).toEqual(
      ["main", "contrib"]
        .flatMap((component) => [
          `${component}/Contents-amd64`,
          `${component}/Contents-arm64`,
          `${component}/Contents-source`,
          `${component}/binary-amd64/Packages`,
          `${component}/binary-arm64/Packages`,
          `${component}/source/Sources`,
        ])
        .sort(),
    );
  });

  test("of the installer are there for all architectures where a component has udebs", () => {
    const udebs = "main/debian-installer/binary-arm64/Packages";
    const options = { contents: false };

    const shown = shownRules(indexRules(layout, options), (path) => path === udebs);

    const paths = pathsOf(shown).filter((path) => path.includes("debian-installer"));
    expect(paths).toEqual(["main/debian-installer/binary-amd64/Packages", udebs]);
  });

  test.each([
    [{ kind: "deb", arch: "all" }, ["Contents-amd64", "binary-amd64/Packages", "i18n/Translation-en"]],
    [{ kind: "ddeb", arch: "amd64" }, ["Contents-amd64", "binary-amd64/Packages", "i18n/Translation-en"]],
    [{ kind: "deb", arch: "i386" }, ["i18n/Translation-en"]],
    [{ kind: "udeb", arch: "amd64" }, ["Contents-udeb-amd64", "debian-installer/binary-amd64/Packages"]],
    [{ kind: "dsc", arch: "source" }, ["Contents-source", "source/Sources"]],
  ])("%j belongs to %j", (item, expected) => {
    const one = { ...layout, components: ["main"], architectures: ["amd64"] };
    const rules = indexRules(one, { translations: true });

    const own = rules.filter((rule) => belongsTo(rule, { ...item, component: "main" }));

    expect(pathsOf(own)).toEqual(expected.map((path) => `main/${path}`));
    expect(rules.some((rule) => belongsTo(rule, { ...item, component: "contrib" }))).toBe(false);
  });

  test("architecture all, where Release names it, has no indices of its own", () => {
    const withAll = { ...layout, architectures: ["all", "amd64"] };

    const paths = [...pathsOf(indexRules(withAll, {})), ...smallReleases(withAll).keys()];

    expect(paths.filter((path) => /[-/]all(?:\/|$)/.test(path))).toEqual([]);
  });
});
