import { expect, test } from "vitest";
import type { ChrootBlock } from "#blocks";
import { blockTexts, bootstrapCommand } from "./mmdebstrap.ts";

const EATMYDATA: ChrootBlock = {
  ...{ name: "eatmydata", version: "1", packages: ["eatmydata"], text: "one\n" },
};
const OWN: ChrootBlock = {
  ...{ name: "own", version: "7", packages: [], text: "echo '\"$(id)`\n" },
};

const BASE = {
  url: "http://archive.example/debian/",
  suite: "bookworm",
  components: ["main", "contrib"],
  keyringFile: "/home/keyrings/a.gpg",
  checkValidUntil: true,
};
const SECURITY = {
  ...BASE,
  suite: "bookworm-security",
  keyringFile: "/home/keyrings/b.gpg",
  checkValidUntil: false,
};

test("each source is a line with its own key; the proxy is an option of this run", () => {
  const command = bootstrapCommand({
    codename: "bookworm",
    arch: "amd64",
    sources: [BASE, SECURITY],
    blocks: [EATMYDATA],
    proxy: "http://127.0.0.1:3142",
  });

  expect(command.slice(0, 8)).toEqual([
    "mmdebstrap",
    "--mode=unshare",
    "--variant=buildd",
    "--architectures=amd64",
    "--format=tar",
    "--keyring=/home/keyrings/a.gpg",
    '--aptopt=Acquire::Retries "3"',
    '--aptopt=APT::Update::Error-Mode "any"',
  ]);
  expect(command).toContain('--aptopt=Acquire::http::Proxy "http://127.0.0.1:3142"');
  expect(command).toContain("--include=fakeroot,eatmydata");
  expect(command.slice(-4)).toEqual([
    "bookworm",
    "-",
    "deb [signed-by=/home/keyrings/a.gpg] http://archive.example/debian/ bookworm main contrib",
    "deb [signed-by=/home/keyrings/b.gpg check-valid-until=no] http://archive.example/debian/ bookworm-security main contrib",
  ]);
});

test("where lintian runs there is nothing to build with", () => {
  const plan = { codename: "bookworm", arch: "amd64", sources: [BASE] as const, blocks: [] };

  const command = bootstrapCommand(plan, "lintian");

  expect(command).toContain("--variant=essential");
  expect(command).toContain("--include=lintian");
  expect(command).not.toContain("--skip=cleanup/apt/lists");
  expect(command.filter((arg) => arg.startsWith("--customize-hook="))).toHaveLength(1);
});

test("texts of blocks are data of the environment, never words of a hook, which names the block that failed", () => {
  const plan = { codename: "bookworm", arch: "amd64", sources: [BASE] as const, blocks: [EATMYDATA, OWN] };

  const hooks = bootstrapCommand(plan).filter((arg) => arg.startsWith("--customize-hook="));

  expect(blockTexts(plan)).toEqual({ MBD_BLOCK_0: "one\n", MBD_BLOCK_1: OWN.text });
  expect(hooks).toHaveLength(3);
  expect(hooks[1]).toMatch(/^--customize-hook=chroot "\$1" sh -ec "\$MBD_BLOCK_1" \|\| .*block own 7 failed/);
});

test("the last hook takes away what only the run needed", () => {
  const command = bootstrapCommand({
    codename: "bookworm",
    arch: "amd64",
    sources: [BASE],
    blocks: [EATMYDATA],
  });

  const hooks = command.filter((arg) => arg.startsWith("--customize-hook="));
  expect(hooks.at(-1)).toContain("apt.conf.d/99mmdebstrap");
  expect(hooks.at(-1)).toContain("etc/apt/sources.list");
  expect(command.join(" ")).not.toContain("Proxy");
});
