import { execFileSync } from "node:child_process";
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { blockEnvironment, blockFiles, cacheMounts, MAKE_CACHE, makeCaches } from "./build-blocks.ts";
import { type Block, BuildDescription } from "./build-description.ts";
import { BUILD_PATH } from "./build-environment.ts";
import { buildOptions } from "./sbuild-command.ts";
import { sbuildHelpers } from "./sbuild-helpers.ts";
import { sbuildrc } from "./sbuildrc.ts";
import { exampleBlock, exampleDescription } from "./test-support.ts";

function withBlocks(...blocks: readonly Partial<Block>[]): BuildDescription {
  const description = exampleDescription();
  return { ...description, tool: { ...description.tool, blocks: blocks.map(exampleBlock) } };
}

function inDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), "mbd-blocks-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

describe("blockFiles", () => {
  it("are the texts, a list with names and versions, and the configuration of apt", () => {
    const files = blockFiles(
      withBlocks(
        { name: "one", version: "3", text: "echo 1\n" },
        { name: "two", apt: { "Acquire::ForceIPv4": "true" } },
      ),
    );

    expect(Object.fromEntries(files.map(({ path, content }) => [path, content]))).toEqual({
      "blocks/00-one": "echo 1\n",
      "blocks/01-two": "",
      "blocks/list": "00-one one 3\n01-two two 1\n",
      "apt/apt.conf.d/98mini-buildd-blocks": 'Acquire::ForceIPv4 "true";\n',
    });
  });

  it("are none without blocks", () => {
    expect(blockFiles(exampleDescription())).toEqual([]);
  });
});

describe("the environment of a build", () => {
  const description = withBlocks(
    { path: ["/usr/lib/ccache"], variables: { CCACHE_DIR: "/var/cache/x", LEVEL: "1" } },
    { name: "own", path: ["/opt/own/bin"], variables: { LEVEL: "a, b" } },
  );
  const seenBy = (user: string): string[] => {
    const chroot = sbuildHelpers(blockEnvironment(description)).find(({ path }) => path.endsWith("/chroot"));
    const program = join(inDirectory(), "chroot");
    // What it is called as in front of the chroot; here the command is run where it is.
    writeFileSync(
      program,
      String(chroot?.content).replace(/exec \{ "\/chroot" \}.*/, 'exec "/usr/bin/env";'),
    );
    const argv = [program, "/root-of-chroot", "/sbin/runuser", "-u", user, "--"];
    return execFileSync("/usr/bin/perl", argv, { encoding: "utf8", env: {} }).trim().split("\n").sort();
  };

  it("has what blocks say; the last one counts", () => {
    expect(seenBy("builder")).toEqual([
      "CCACHE_DIR=/var/cache/x",
      "LEVEL=a, b",
      `PATH=/usr/lib/ccache:/opt/own/bin:${BUILD_PATH}`,
    ]);
  });

  it("is not that of root, who would own what it makes in a cache", () => {
    expect(seenBy("root")).toEqual([`PATH=${BUILD_PATH}`]);
  });

  it("has the options of blocks, each once", () => {
    const options = ["noautodbgsym", "noddebs"];
    const { tool, limits } = withBlocks({ options }, { name: "own", options: ["noddebs"] });

    expect(buildOptions({ tool: { ...tool, debBuildOptions: ["nocheck"] }, limits })).toBe(
      "nocheck noautodbgsym noddebs parallel=1",
    );
  });
});

describe("cacheMounts", () => {
  it("are one for each repository, codename and architecture, whatever the suite", () => {
    const description = withBlocks({ caches: ["ccache"] }, { name: "own", caches: ["ccache"] });
    const of = (distribution: string) => cacheMounts({ ...description, distribution }, "/srv/mbd/cache");

    expect(of("bookworm-test-unstable")).toEqual([
      {
        directory: "/srv/mbd/cache/ccache/test/bookworm-amd64",
        mountpoint: "/var/cache/mini-buildd-ccache",
      },
    ]);
    expect(of("bookworm-test-experimental")).toEqual(of("bookworm-test-unstable"));
    expect(of("bookworm-other-unstable")).not.toEqual(of("bookworm-test-unstable"));
    expect(() => of("unstable")).toThrow("is of no repository");
  });

  it("stand behind the overlay in what sbuild reads", () => {
    const dir = inDirectory();
    const caches = cacheMounts(withBlocks({ caches: ["ccache"] }), "/srv/mbd/cache");
    writeFileSync(join(dir, "rc"), sbuildrc("/srv/mbd/work/31", { stalledMinutes: 150 }, caches));
    const program =
      'do "./rc" or die; print join "|", map { "$_->{directory} $_->{mountpoint}" } @$unshare_bind_mounts;';

    const values = execFileSync("perl", ["-e", program], { cwd: dir, encoding: "utf8" });

    expect(values.split("|")).toEqual([
      "/srv/mbd/work/31/overlay /run/mini-buildd",
      "/srv/mbd/cache/ccache/test/bookworm-amd64 /var/cache/mini-buildd-ccache",
    ]);
  });
});

describe("a hostile description", () => {
  const HOSTILE: readonly Partial<Block>[] = [
    { name: "../../etc/passwd" },
    { name: "a b" },
    { version: "1\n00-x" },
    { text: "a\0b" },
    { text: "x".repeat(65_537) },
    { variables: { PATH: "/tmp" } },
    { variables: { LD_PRELOAD: "/tmp/x.so" } },
    { variables: { PERL5OPT: "-Mx" } },
    { variables: { "A}; system('id'); #": "" } },
    { variables: { A: "'; system('id'); '" } },
    { variables: { A: "\\" } },
    { path: ["/a'; die; '"] },
    { path: ["/a/../b"] },
    { path: ["relative"] },
    { apt: { "APT::Update::Pre-Invoke { x": "" } },
    { apt: { "Acquire::http::Proxy": '"; DPkg::Pre-Invoke "id' } },
    { options: ["nocheck parallel=9"] },
    { caches: ["../chroots"] },
    { caches: ["a/b"] },
  ];

  it.each(HOSTILE)("is refused: %j", (block) => {
    expect(BuildDescription.safeParse(withBlocks(block)).success).toBe(false);
  });

  it("does not get into files even where it was not looked at", () => {
    const use = (block: Partial<Block>) => () => {
      const description = withBlocks(block);
      blockFiles(description);
      blockEnvironment(description);
      buildOptions(description);
      cacheMounts(description, "/srv/mbd/cache");
    };

    const texts = HOSTILE.filter(({ text }) => text !== undefined);
    for (const block of HOSTILE) if (!texts.includes(block)) expect(use(block)).toThrow("is not allowed");
    expect(use({})).not.toThrow();
  });

  it("with very many blocks is refused", () => {
    const many = Array.from({ length: 100 }, (_, index) => ({ name: `own-${index}` }));

    expect(BuildDescription.safeParse(withBlocks(...many)).success).toBe(false);
    expect(BuildDescription.safeParse(withBlocks(...many.slice(1))).success).toBe(true);
  });
});

describe("makeCaches", () => {
  it("asks for a closed directory with the leaf in it, both as data", async () => {
    const calls: (readonly string[])[] = [];
    const mounts = cacheMounts(withBlocks({ caches: ["ccache"] }), "/srv/mbd/cache");

    await makeCaches(async (file, args) => {
      calls.push([file, ...args]);
      return { stdout: "", stderr: "", exitCode: 0, timedOut: false };
    }, mounts);

    expect(calls.map((words) => [words[0], ...words.slice(-3)])).toEqual([
      ["unshare", "/srv/mbd/cache/ccache/test", "bookworm-amd64", "10485760"],
    ]);
  });

  it.runIf(process.getuid?.() === 0)(
    "empties what is too large, follows no links out of it, and keeps the rest as it is",
    () => {
      const dir = inDirectory();
      const make = (limitKib: number) =>
        // Here root stands for the root of the namespace.
        execFileSync("sh", ["-c", MAKE_CACHE, "sh", join(dir, "test"), "leaf", String(limitKib)]);
      make(1);
      writeFileSync(join(dir, "outside"), "stays\n");
      writeFileSync(join(dir, "test/leaf/large"), "x".repeat(100_000));
      symlinkSync(dir, join(dir, "test/leaf/link"));

      make(1000);
      const kept = readdirSync(join(dir, "test/leaf"));
      make(50);

      expect(kept.sort()).toEqual(["large", "link"]);
      expect(readdirSync(join(dir, "test/leaf"))).toEqual([]);
      expect(readFileSync(join(dir, "outside"), "utf8")).toBe("stays\n");
      expect((statSync(join(dir, "test/leaf")).mode & 0o7777).toString(8)).toBe("1777");
      expect((statSync(join(dir, "test")).mode & 0o7777).toString(8)).toBe("710");
    },
  );
});
