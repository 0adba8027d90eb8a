import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { checkHelpers } from "./check-helpers.ts";
import { writeOverlay } from "./overlay.ts";
import { NO_WALL } from "./piuparts-run.ts";

const run = promisify(execFile);

it("piuparts does not begin without a wall", async () => {
  const work = await mkdtemp(join(tmpdir(), "mbd-check-helpers-"));
  try {
    await writeOverlay(join(work, "helpers"), checkHelpers());
    for (const name of ["src", "piu"]) await writeOverlay(join(work, name), []);
    const words = [join(work, "helpers/piuparts-run"), work, "no-tarball", "amd64", "bookworm", "x.deb"];

    // Root of a namespace, as it needs a chroot, but with the whole machine around it.
    const ran = run("unshare", ["--map-root-user", "sh", ...words]);

    await expect(ran).rejects.toMatchObject({ code: 1, stdout: `${NO_WALL}\n`, stderr: "" });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
});
