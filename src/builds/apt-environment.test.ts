import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { aptEnvironment } from "./apt-environment.ts";
import type { AptDescription } from "./build-description.ts";
import { exampleDescription } from "./test-support.ts";

const full: AptDescription = {
  ...exampleDescription().apt,
  extra: [
    {
      name: "debian-bookworm-backports",
      uris: ["http://archive.example.org/debian/", "https://other.example.org/debian"],
      suite: "bookworm-backports",
      components: ["main"],
      key: Buffer.from("extra key").toString("base64"),
      checkValidUntil: false,
      pin: { o: "Debian Backports", n: "bookworm-backports", a: "stable-backports" },
      priority: 500,
    },
  ],
  own: [
    {
      uri: "http://127.0.0.1:8066/repositories/test/",
      suite: "bookworm-test-unstable",
      components: ["main"],
      origin: "Mini-Buildd acme test",
      priority: 1,
    },
  ],
  proxy: { port: 3142 },
};

const textOf = (apt: AptDescription, path: string): string => {
  const file = aptEnvironment(apt).find((candidate) => candidate.path === path);
  return Buffer.from(file?.content ?? "missing").toString("utf8");
};

describe("aptEnvironment", () => {
  it("lets each source name its own key", () => {
    expect(textOf(full, "sources.list.d/mini-buildd.sources")).toBe(`Types: deb
URIs: http://archive.example.org/debian/
Suites: bookworm
Components: main contrib
Signed-By: /etc/apt/keyrings/debian-bookworm.gpg

Types: deb
URIs: http://archive.example.org/debian/ https://other.example.org/debian
Suites: bookworm-backports
Components: main
Signed-By: /etc/apt/keyrings/debian-bookworm-backports.gpg
Check-Valid-Until: no

Types: deb
URIs: http://127.0.0.1:8066/repositories/test/
Suites: bookworm-test-unstable
Components: main
Signed-By: /etc/apt/keyrings/mini-buildd.gpg
`);
    expect(textOf(full, "keyrings/debian-bookworm-backports.gpg")).toBe("extra key");
    expect(textOf(full, "keyrings/mini-buildd.gpg")).toBe("own key");
  });

  it("pins extra and own sources by their Release fields, never the base", () => {
    expect(textOf(full, "preferences.d/mini-buildd.pref")).toBe(`Package: *
Pin: release o=Debian Backports, n=bookworm-backports, a=stable-backports
Pin-Priority: 500

Package: *
Pin: release n=bookworm-test-unstable, o=Mini-Buildd acme test
Pin-Priority: 1
`);
  });

  it("makes apt strict and patient", () => {
    expect(textOf(full, "apt.conf.d/99mini-buildd")).toBe(`APT::Update::Error-Mode "any";
Acquire::Retries "7";
Acquire::http::Timeout "600";
Acquire::Languages "none";
`);
  });

  it("writes what the real apt reads the same way", () => {
    const root = mkdtempSync(join(tmpdir(), "mbd-apt-"));
    for (const file of aptEnvironment(full)) {
      mkdirSync(dirname(join(root, file.path)), { recursive: true });
      writeFileSync(join(root, file.path), file.content);
    }
    const config = join(root, "test.conf");
    writeFileSync(
      config,
      `Dir::Etc::main "/dev/null"; Dir::Etc::parts "${root}/apt.conf.d"; Dir::Etc::sourcelist "/dev/null";
       Dir::Etc::sourceparts "${root}/sources.list.d"; Dir::Etc::preferences "/dev/null";
       Dir::Etc::preferencesparts "${root}/preferences.d"; Dir::State "${root}"; Dir::State::status "/dev/null";
       Dir::Cache "${root}";`,
    );
    const apt = (tool: string, ...args: string[]): string =>
      execFileSync(tool, args, { encoding: "utf8", env: { PATH: "/usr/bin:/bin", APT_CONFIG: config } });

    const update = apt("apt-get", "update", "--print-uris");
    const settings = apt("apt-config", "dump");
    rmSync(root, { recursive: true });

    expect((update.match(/(?<=^')[^']*\/InRelease(?=')/gm) ?? []).sort()).toEqual([
      "http://127.0.0.1:8066/repositories/test/dists/bookworm-test-unstable/InRelease",
      "http://archive.example.org/debian/dists/bookworm-backports/InRelease",
      "http://archive.example.org/debian/dists/bookworm/InRelease",
      "https://other.example.org/debian/dists/bookworm-backports/InRelease",
    ]);
    expect(settings).toContain('APT::Update::Error-Mode "any";');
  });

  it.each([-32_768, 32_767])("takes priority %i, as apt does", (priority) => {
    const own = full.own.map((suite) => ({ ...suite, priority }));

    expect(textOf({ ...full, own }, "preferences.d/mini-buildd.pref")).toContain(
      `Pin-Priority: ${priority}\n`,
    );
  });

  it.each([
    ["a URI with a line end", { base: { ...full.base, uris: ["http://x/\nTypes: deb"] } }],
    ["a local file", { base: { ...full.base, uris: ["file:///etc"] } }],
    ["a suite that is an option", { base: { ...full.base, suite: "-x" } }],
    ["a component with a line end", { base: { ...full.base, components: ["main\nTrusted: yes"] } }],
    ["a key name with a directory", { base: { ...full.base, name: "../x" } }],
    ["an origin with a comma", { own: [{ ...full.own[0], origin: "a, n=b" }] }],
    ["a priority that apt does not take", { own: [{ ...full.own[0], priority: -32_769 }] }],
    ["a priority that is no number", { own: [{ ...full.own[0], priority: Number.NaN }] }],
  ])("refuses %s", (_what, change) => {
    expect(() => aptEnvironment({ ...full, ...change } as AptDescription)).toThrow(
      /not allowed|whole number/,
    );
  });
});
