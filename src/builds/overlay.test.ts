import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { overlayFiles, readResolvConf, writeOverlay } from "./overlay.ts";
import { exampleBlock, exampleDescription } from "./test-support.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "mbd-overlay-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const modeOf = (path: string): string => (statSync(join(dir, "overlay", path)).mode & 0o777).toString(8);

describe("writeOverlay", () => {
  it("is readable for other users whatever the umask, and never writable", async () => {
    const before = process.umask(0o077);
    try {
      await writeOverlay(join(dir, "overlay"), overlayFiles(exampleDescription(), "nameserver 192.0.2.1\n"));
    } finally {
      process.umask(before);
    }

    expect(modeOf("")).toBe("755");
    expect(modeOf("apt/sources.list.d")).toBe("755");
    expect(modeOf("setup")).toBe("755");
    expect(modeOf("lintian")).toBe("755");
    expect(modeOf("apt/sources.list.d/mini-buildd.sources")).toBe("644");
    expect(modeOf("apt/keyrings/debian-bookworm.gpg")).toBe("644");
    expect(readFileSync(join(dir, "overlay/resolv.conf"), "utf8")).toBe("nameserver 192.0.2.1\n");
  });

  it("numbers blocks in their order", () => {
    const { tool, apt } = exampleDescription();
    const blocks = [
      exampleBlock({ name: "ccache", text: "one" }),
      exampleBlock({ name: "apt-ipv4", text: "two" }),
    ];
    const paths = overlayFiles({ apt, tool: { ...tool, blocks } }, undefined).map(({ path }) => path);

    expect(paths.filter((path) => path.startsWith("blocks/"))).toEqual([
      "blocks/00-ccache",
      "blocks/01-apt-ipv4",
      "blocks/list",
    ]);
    expect(paths).not.toContain("resolv.conf");
  });
});

describe("readResolvConf", () => {
  it("is nothing where there is no file", async () => {
    expect(await readResolvConf(join(dir, "none"))).toBeUndefined();
  });
});
