import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { formatChangelogEntry, formatStamp } from "#deb";
import { type BlobStore, type Home, namesIn, removeTree } from "#platform";
import type { PortSource } from "./port-request.ts";
import { authorOf, type RepackDeps } from "./repack.ts";
import { MAKE_PREFIX } from "./work-dirs.ts";

export interface MakeDeps extends RepackDeps {
  readonly home: Pick<Home, "work">;
  readonly blobs: BlobStore;
}

/**
 * Makes a native source package of our own, of a tree without a changelog, and stores it: it is then ported as any other.
 * Its version is the time.
 * @param fill puts the tree into an empty directory
 */
export async function makeSource(
  deps: MakeDeps,
  source: string,
  fill: (tree: string) => Promise<void>,
): Promise<PortSource> {
  const workDir = await mkdtemp(join(deps.home.work, MAKE_PREFIX));
  try {
    const tree = join(workDir, "tree");
    await mkdir(tree);
    await fill(tree);
    const now = deps.clock.now();
    const version = formatStamp(now);
    const bullets = ["Made by mini-buildd."];
    const entry = { source, version, distribution: "unstable", ...authorOf(deps), bullets, date: now };
    await writeFile(join(tree, "debian/changelog"), formatChangelogEntry(entry));
    await deps.sourceTool(workDir, ".", ["dpkg-source", "-b", "tree"]);
    const dsc = `${source}_${version}.dsc`;
    const stored = [];
    for (const name of (await namesIn(workDir)).filter((each) => each.startsWith(`${source}_`))) {
      stored.push({ name, ...(await deps.blobs.putFile(join(workDir, name))) });
    }
    const sha256 = stored.find(({ name }) => name === dsc)?.sha256;
    if (sha256 === undefined) throw new Error(`dpkg-source made no ${dsc}`);
    const kept = stored.map((file) => file.sha256);
    return {
      ...{ source, version, kept, component: "main", vouchedBy: "instance" },
      dsc: { name: dsc, sha256 },
    };
  } finally {
    await removeTree(workDir);
  }
}
