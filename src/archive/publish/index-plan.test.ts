import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type IndexedPackage, planIndices } from "./index-plan.ts";

const layout = {
  fields: { Suite: "s" },
  components: ["main", "contrib"],
  architectures: ["amd64", "arm64"],
};

const anyPackage = fc
  .record({
    kind: fc.constantFrom("deb", "udeb", "ddeb", "dsc"),
    name: fc.constantFrom("a", "b", "libc"),
    version: fc.constantFrom("1.0", "1.0-0", "1:0.5", "1.10", "1.9"),
    arch: fc.constantFrom("amd64", "arm64", "all"),
    component: fc.constantFrom("main", "contrib"),
  })
  .map((item): IndexedPackage => {
    const arch = item.kind === "dsc" ? "source" : item.arch;
    return {
      ...item,
      arch,
      stanza: `Package: ${item.name}\nVersion: ${item.version}\nArchitecture: ${arch}\n`,
    };
  });

const textOf = (packages: IndexedPackage[], path: string) =>
  planIndices(layout, packages)
    .find((file) => file.path === path)
    ?.pieces.join("");

describe("indices", () => {
  test("are a function of content, whatever the order", () => {
    fc.assert(
      fc.property(fc.array(anyPackage, { maxLength: 12 }), (packages) => {
        const planned = planIndices(layout, packages);

        expect(planIndices(layout, [...packages].reverse())).toEqual(planned);
        expect(new Set(planned.map(({ path }) => path)).size).toBe(planned.length);
      }),
    );
  });

  test("are there for every component and architecture, empty ones too", () => {
    const paths = planIndices(layout, []).map(({ path }) => path);

    expect(paths.filter((path) => !path.endsWith("/Release"))).toEqual([
      "main/binary-amd64/Packages",
      "main/binary-arm64/Packages",
      "main/source/Sources",
      "contrib/binary-amd64/Packages",
      "contrib/binary-arm64/Packages",
      "contrib/source/Sources",
    ]);
  });

  test("are sorted by name and version, with architecture all in each", () => {
    const item = (name: string, version: string, arch: string): IndexedPackage => ({
      kind: "deb",
      component: "main",
      name,
      version,
      arch,
      stanza: `${name} ${version} ${arch}\n`,
    });
    const packages = [item("b", "1", "amd64"), item("a", "1.10", "all"), item("a", "1.9", "arm64")];

    expect(textOf(packages, "main/binary-amd64/Packages")).toBe("a 1.10 all\n\nb 1 amd64\n\n");
    expect(textOf(packages, "main/binary-arm64/Packages")).toBe("a 1.9 arm64\n\na 1.10 all\n\n");
  });
});
