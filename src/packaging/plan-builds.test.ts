import { expect, test } from "vitest";
import { type Dsc, parseDsc, parseUploadOptions } from "#deb";
import { planBuilds } from "./plan-builds.ts";

const sum = "a".repeat(64);

/** A native source whose binaries have these fields in `Package-List`. */
function source(...binaries: string[]): Dsc {
  const list = binaries.map((fields, index) => ` p${index} deb misc optional ${fields}\n`).join("");
  return parseDsc(
    `Format: 3.0 (native)
Source: hello
Binary: hello
Architecture: any all
Version: 1.0
Maintainer: A <a@example.org>
${list === "" ? "" : `Package-List:\n${list}`}Checksums-Sha256:
 ${sum} 1 hello_1.0.tar.xz
`,
    "hello.dsc",
  );
}

const ARCHS = [
  { distribution_id: 1, arch: "amd64", optional: 0 as const, arch_all: 1 as const },
  { distribution_id: 1, arch: "arm64", optional: 1 as const, arch_all: 0 as const },
];

function plan(dsc: Dsc, profiles = "", options: readonly string[] = []): string[] {
  const distribution = { deb_build_profiles: profiles, deb_build_options: "" } as Parameters<
    typeof planBuilds
  >[1]["distribution"];
  const builds = planBuilds(dsc, { archs: ARCHS, distribution }, parseUploadOptions(options).options);
  return builds.map(({ row: { arch, build_any, build_all, optional, state } }) =>
    [
      arch,
      ...(build_any ? ["any"] : []),
      ...(build_all ? ["all"] : []),
      ...(optional ? ["optional"] : []),
      state,
    ].join(" "),
  );
}

test.each<[string, Dsc, string[]]>([
  ["both kinds", source("arch=any", "arch=all"), ["amd64 any all QUEUED", "arm64 any optional QUEUED"]],
  ["any only", source("arch=any"), ["amd64 any QUEUED", "arm64 any optional QUEUED"]],
  ["all only", source("arch=all"), ["amd64 all QUEUED", "arm64 optional SKIPPED"]],
  ["a wildcard", source("arch=any-arm64"), ["amd64 SKIPPED", "arm64 any optional QUEUED"]],
  ["a wildcard of the kernel", source("arch=linux-any"), ["amd64 any QUEUED", "arm64 any optional QUEUED"]],
  ["another kernel", source("arch=hurd-any", "arch=all"), ["amd64 all QUEUED", "arm64 optional SKIPPED"]],
  ["no list", source(), ["amd64 any all QUEUED", "arm64 any optional QUEUED"]],
])("a source for %s", (_what, dsc, expected) => {
  expect(plan(dsc)).toEqual(expected);
});

test("packages that the build profiles leave out are nothing to build", () => {
  const dsc = source("arch=any profile=!stage1", "arch=all profile=!nodoc");

  expect(plan(dsc)).toEqual(["amd64 any all QUEUED", "arm64 any optional QUEUED"]);
  expect(plan(dsc, "nodoc")).toEqual(["amd64 any QUEUED", "arm64 any optional QUEUED"]);
  expect(plan(dsc, "nodoc stage1")).toEqual(["amd64 SKIPPED", "arm64 optional SKIPPED"]);
});

test("what an upload says of build profiles comes before the distribution, for one architecture or all", () => {
  const dsc = source("arch=any profile=pkg.hello.more", "arch=all");

  expect(plan(dsc)).toEqual(["amd64 all QUEUED", "arm64 optional SKIPPED"]);
  expect(plan(dsc, "", ["deb-build-profiles[arm64]=pkg.hello.more"])).toEqual([
    "amd64 all QUEUED",
    "arm64 any optional QUEUED",
  ]);
  expect(plan(dsc, "pkg.hello.more", ["deb-build-profiles="])).toEqual([
    "amd64 all QUEUED",
    "arm64 optional SKIPPED",
  ]);
});
