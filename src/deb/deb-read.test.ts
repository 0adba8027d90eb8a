import { execFileSync } from "node:child_process";
import { linkSync, symlinkSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkControl } from "./deb-control.ts";
import { pathToBytes } from "./deb-paths.ts";
import { readDeb } from "./deb-read.ts";
import { bufferSource, handleSource } from "./deb-source.ts";
import {
  arFile,
  controlTar,
  createDebBuilder,
  dataTar,
  debOf,
  packed,
  VERSION_PART,
} from "./deb-test-support.ts";
import { parseStanza } from "./deb822.ts";

const builder = createDebBuilder();
const LONG = "long".repeat(50);

beforeAll(() => {
  builder.write("usr/bin/hello", "#!/bin/sh\n");
  builder.write("usr/share/doc/hello/with blank", "x");
  builder.write("usr/share/doc/hello/grüße-日本-🐧", "x");
  builder.write(Buffer.from("usr/share/doc/hello/bad\xff\xc3name", "latin1"), "x");
  builder.write(`usr/${LONG}/${LONG}`, "x".repeat(1500));
  builder.write(".hidden/..data", "x");
  symlinkSync("/etc/passwd", join(builder.tree, "usr/bin/absolute-link"));
  symlinkSync(`../${LONG}/${LONG}`, join(builder.tree, "usr/bin/long-link"));
  linkSync(join(builder.tree, "usr/bin/hello"), join(builder.tree, "usr/bin/hard-link"));
  for (const name of ["postinst", "md5sums", "conffiles"]) {
    writeFileSync(join(builder.tree, "DEBIAN", name), name === "postinst" ? "#!/bin/sh\n" : "", {
      mode: 0o755,
    });
  }
});

afterAll(() => builder.remove());

/** Paths as dpkg-deb and GNU tar see them: everything but directories, as bytes in latin1, sorted. */
function pathsByTar(path: string): string[] {
  const tar = execFileSync("dpkg-deb", ["--fsys-tarfile", path]);
  const listing = execFileSync("tar", ["-t", "--quoting-style=literal", "-f", "-"], { input: tar });
  const lines = listing.toString("latin1").split("\n");
  return lines
    .filter((line) => line !== "" && !line.endsWith("/"))
    .map((line) => line.slice(2))
    .sort();
}

describe("packages built by dpkg-deb", () => {
  it.each(["gzip", "xz", "zstd", "none"] as const)(
    "are read as dpkg-deb reads them: %s",
    async (compression) => {
      const path = builder.build(compression);
      const unpackedBytes = execFileSync("dpkg-deb", ["--fsys-tarfile", path]).length;

      const contents = await readDeb(path);

      const names = contents.paths.map((name) => pathToBytes(name).toString("latin1")).sort();
      expect(names).toEqual(pathsByTar(path));
      expect(names).toHaveLength(9);
      expect(contents.paths).toContain("usr/share/doc/hello/grüße-日本-🐧");
      const asked = parseStanza(execFileSync("dpkg-deb", ["-f", path], { encoding: "utf8" }), {
        what: "dpkg-deb -f",
      });
      expect([...contents.stanza.entries()]).toEqual([...asked.entries()]);
      expect(contents.controlFiles.toSorted()).toEqual(["conffiles", "control", "md5sums", "postinst"]);
      const format = compression === "gzip" ? "gz" : compression;
      expect(contents.dataCompression).toBe(format);
      expect(contents.controlCompression).toBe(format);
      expect(contents.dataSizeBytes).toBe(unpackedBytes);
      const ending = { gzip: ".gz", xz: ".xz", zstd: ".zst", none: "" }[compression];
      expect(contents.memberNames).toEqual(["debian-binary", `control.tar${ending}`, `data.tar${ending}`]);
    },
  );

  it("have as many paths as dpkg-deb -c lists", async () => {
    const path = builder.build("xz", "udeb");
    const listing = execFileSync("dpkg-deb", ["-c", path], { encoding: "latin1" }).trimEnd().split("\n");
    const contents = await readDeb(path);
    expect(contents.paths).toHaveLength(listing.filter((line) => !line.startsWith("d")).length);
  });

  it("can be read without unpacking the data", async () => {
    const contents = await readDeb(builder.build("xz"), { withPaths: false });
    expect(contents.paths).toEqual([]);
    expect(contents.dataSizeBytes).toBeNull();
    expect(contents.stanza.get("Package")).toBe("hello");
  });

  it("can be read from an open file under another name", async () => {
    const handle = await open(builder.build("gzip"));
    const contents = await readDeb(await handleSource(handle, "stored.deb"));
    await handle.close();
    expect(contents.fileName).toBe("stored.deb");
    expect(checkControl(contents.stanza).version).toBe("1:2.10-3");
  });
});

describe("what else deb(5) allows", () => {
  const read = (bytes: Buffer) => readDeb(bufferSource("a.deb", bytes));
  const control = { name: "control.tar", bytes: controlTar() };
  const data = { name: "data.tar", bytes: dataTar() };

  it.each([
    ["data.tar.bz2", "bzip2"],
    ["data.tar.lzma", "lzma"],
  ] as const)("%s", async (name, program) => {
    const contents = await read(arFile([VERSION_PART, control, { name, bytes: packed(program, dataTar()) }]));
    expect(contents.paths).toEqual(["usr/f"]);
  });

  it("members with underscore anywhere, others behind data.tar, slashes behind names", async () => {
    const extra = (name: string) => ({ name, bytes: Buffer.from("abc") });
    const parts = [
      { ...VERSION_PART, name: "debian-binary/" },
      extra("_a"),
      control,
      extra("_b"),
      { ...data, name: "data.tar/" },
      extra("_gpgorigin"),
      extra("later"),
    ];
    const contents = await read(arFile(parts));
    expect(contents.memberNames).toEqual([
      "debian-binary",
      "_a",
      "control.tar",
      "_b",
      "data.tar",
      "_gpgorigin",
      "later",
    ]);
  });

  it("a later minor version with more lines", async () => {
    const version = { name: "debian-binary", bytes: Buffer.from("2.1\nnews\n") };
    await expect(read(arFile([version, control, data]))).resolves.toMatchObject({ paths: ["usr/f"] });
  });

  it("v7 and ustar archives, names without ./, doubled slashes; a path that is there twice counts once", async () => {
    const bytes = dataTar(
      { name: "etc/", magic: "" },
      { name: "etc/v7", magic: "", content: "x" },
      { name: "b", prefix: "usr/lib", magic: "ustar\x0000" },
      { name: ".//usr///./f" },
      { name: "./dev", type: "3" },
      { name: "./pipe", type: "6" },
    );
    const contents = await read(debOf({ data: bytes }));
    expect(contents.paths).toEqual(["usr/f", "etc/v7", "usr/lib/b", "dev", "pipe"]);
  });

  it("hard links between maintainer scripts", async () => {
    const bytes = controlTar(
      { name: "./prerm", content: "x" },
      { name: "./postrm", type: "1", link: "./prerm" },
    );
    const contents = await read(debOf({ control: bytes }));
    expect(contents.controlFiles).toEqual(["control", "prerm", "postrm"]);
  });
});
