import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isCodename } from "#deb";
import { type Exec, execOk, MbdError } from "#platform";

/** The codename of the system below `root`, by os-release(5). */
export async function machineCodename(root: string): Promise<string> {
  const text = await readFile(join(root, "etc/os-release"), "utf8").catch(() => "");
  const [, codename = ""] = /^VERSION_CODENAME="?([^"\n]*)"?$/m.exec(text) ?? [];
  if (isCodename(codename)) return codename;
  throw new MbdError("bad_argument", {
    argument: "codename",
    reason: `${join(root, "etc/os-release")} names no VERSION_CODENAME, so it must be given`,
  });
}

/** The architecture of the system below `root`, and those that it takes packages of besides. */
export async function machineArchitectures(exec: Exec, root: string): Promise<string[]> {
  const own = await execOk(exec, "dpkg", ["--print-architecture"]);
  const foreign = await execOk(exec, "dpkg", [`--root=${root}`, "--print-foreign-architectures"]);
  return `${own.stdout}\n${foreign.stdout}`.split("\n").filter((line) => line !== "");
}
