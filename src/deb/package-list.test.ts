import { describe, expect, it } from "vitest";
import { isBuiltWithProfiles, parsePackageList } from "./package-list.ts";

const place = { what: "x.dsc", field: "Package-List" };

describe("parsePackageList", () => {
  it("reads the lines of dpkg-source", () => {
    const value = [
      "",
      " bash deb shells required arch=any essential=yes",
      " bash-doc deb doc optional arch=all profile=!nodoc,!stage1+pkg.bash.doc",
      " bash-udeb udeb contrib/debian-installer optional arch=linux-any,hurd-any",
      " old deb misc extra",
    ].join("\n");

    const [bash, doc, udeb, old] = parsePackageList(value, place);

    expect(bash).toEqual({
      package: "bash",
      type: "deb",
      section: "shells",
      priority: "required",
      architectures: ["any"],
      profiles: [],
      essential: true,
    });
    expect(doc).toMatchObject({
      architectures: ["all"],
      profiles: [["!nodoc", "!stage1"], ["pkg.bash.doc"]],
    });
    expect(udeb).toMatchObject({
      type: "udeb",
      section: "contrib/debian-installer",
      architectures: ["linux-any", "hurd-any"],
    });
    expect(old?.architectures).toBeUndefined();
  });

  it.each([
    ["\n a deb misc", /does not have package, type, section and priority/],
    ["\n a deb misc optional arch", /"arch" is not of the form key=value/],
    ["\n a deb misc optional arch=any,", /"" is not an architecture/],
    ["\n a deb misc optional arch=Amd64", /"Amd64" is not an architecture/],
  ])("refuses %j", (value, message) => {
    expect(() => parsePackageList(value, place)).toThrow(message);
  });
});

describe("isBuiltWithProfiles", () => {
  it.each([
    ["", [], true],
    ["profile=!nodoc", [], true],
    ["profile=!nodoc", ["nodoc"], false],
    ["profile=stage1", [], false],
    ["profile=stage1", ["stage1"], true],
    ["profile=!a,b", ["b"], true],
    ["profile=!a,b", ["a", "b"], false],
    ["profile=!a+b", ["a", "b"], true],
    ["profile=!a+b", ["a"], false],
  ])("%s with profiles %j: %j", (option, active, expected) => {
    const entries = parsePackageList(`\n a deb misc optional ${option}`, place);
    expect(entries.map((entry) => isBuiltWithProfiles(entry, active))).toEqual([expected]);
  });
});
