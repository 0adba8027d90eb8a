import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hasCode } from "#platform";
import { aptEnvironment } from "./apt-environment.ts";
import { blockFiles } from "./build-blocks.ts";
import type { BuildDescription } from "./build-description.ts";
import { LINTIAN_WRAPPER } from "./lintian.ts";
import { SETUP_SCRIPT } from "./setup-script.ts";

/** A file of `<W>/overlay`, which builds see as /run/mini-buildd. */
export interface OverlayFile {
  readonly path: string;
  readonly content: string | Uint8Array;
  readonly mode: 0o644 | 0o755;
}

/** All files of the overlay of one build. The package's code can read them, so there is nothing secret in them. */
export function overlayFiles(
  description: Pick<BuildDescription, "apt" | "tool">,
  resolvConf: string | undefined,
): OverlayFile[] {
  return [
    { path: "setup", content: SETUP_SCRIPT, mode: 0o755 },
    { path: "lintian", content: LINTIAN_WRAPPER, mode: 0o755 },
    ...aptEnvironment(description.apt).map((file) => ({
      path: `apt/${file.path}`,
      content: file.content,
      mode: 0o644 as const,
    })),
    ...blockFiles(description),
    ...(resolvConf === undefined ? [] : [{ path: "resolv.conf", content: resolvConf, mode: 0o644 as const }]),
  ];
}

/** Writes the files below `dir`. Modes are set, not left to the umask: other user ids must be able to read them. */
export async function writeOverlay(dir: string, files: readonly OverlayFile[]): Promise<void> {
  await makeReadableDir(dir);
  for (const file of files) {
    const path = join(dir, file.path);
    const parents = file.path.split("/").slice(0, -1);
    for (const [index] of parents.entries()) {
      await makeReadableDir(join(dir, ...parents.slice(0, index + 1)));
    }
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, file.content, { flag: "wx" });
    await chmod(path, file.mode);
  }
}

async function makeReadableDir(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  await chmod(dir, 0o755);
}

/** The machine's own resolver configuration, if it has one. */
export async function readResolvConf(path = "/etc/resolv.conf"): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}
