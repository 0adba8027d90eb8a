import { chown, copyFile, mkdir, mkdtemp, readdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { performance } from "node:perf_hooks";
import { ensureServiceUser, type Instance, run, type ServiceUser } from "#testing";
import { makeSigningKey, type SigningKey } from "../archive/peers/key.ts";
import { aptLine, type Upload } from "./sources.ts";

/** What an administrator does without mini-buildd. */
export interface PlainWay {
  /** Milliseconds of sbuild and of reprepro. */
  build(upload: Upload): Promise<{ readonly sbuildMs: number; readonly includeMs: number }>;
  close(): Promise<void>;
}

const BUILD_MS = 3_600_000;
const CHROOT_MS = 600_000;

export async function createPlainWay(instance: Instance, base: string): Promise<PlainWay> {
  const key = await makeSigningKey(base);
  const user = await ensureServiceUser();
  const chroot = await makeChroot(instance, user, base);
  const root = join(base, "reprepro");
  await mkdir(join(root, "conf"), { recursive: true });
  await writeFile(join(root, "conf/distributions"), distribution(instance, key));
  const reprepro = async (...args: readonly string[]) => {
    const env = { GNUPGHOME: key.gnupgHome };
    await run("reprepro", ["-b", root, "--ignore=wrongdistribution", ...args], { env });
  };
  return {
    async build(upload) {
      const dir = await placeSource(upload, user, base);
      const began = performance.now();
      await sbuild({ instance, chroot, user, dir }, upload);
      const built = performance.now();
      const changes = (await readdir(dir)).find((name) => name.endsWith(`_${instance.arch}.changes`));
      if (changes === undefined) throw new Error(`sbuild left no .changes in ${dir}`);
      await reprepro("include", instance.codename, join(dir, changes));
      await reprepro("includedsc", instance.codename, join(dir, basename(upload.dsc)));
      return { sbuildMs: built - began, includeMs: performance.now() - built };
    },
    close: () => key.close(),
  };
}

/** As mmdebstrap(1) makes one for sbuild. */
async function makeChroot(instance: Instance, user: ServiceUser, base: string): Promise<string> {
  const dir = await mkdtemp(join(base, "chroot-"));
  await chown(dir, user.uid, user.gid);
  const chroot = join(dir, `${instance.codename}-${instance.arch}.tar.zst`);
  await asUser(user, dir, CHROOT_MS, [
    ...["mmdebstrap", "--mode=unshare", "--variant=buildd", instance.codename, chroot],
    aptLine(instance, "deb"),
  ]);
  return chroot;
}

interface PlainBuild {
  readonly instance: Instance;
  readonly chroot: string;
  readonly user: ServiceUser;
  readonly dir: string;
}

/** As nice as builds of mini-buildd are, so that what else runs on the machine slows both alike. */
async function sbuild({ instance, chroot, user, dir }: PlainBuild, upload: Upload): Promise<void> {
  await asUser(user, dir, BUILD_MS, [
    ...["nice", "-n", "10", "sbuild"],
    ...["--chroot-mode=unshare", `--chroot=${chroot}`, `--dist=${instance.codename}`],
    ...["--run-lintian", "--no-run-piuparts", "--no-run-autopkgtest", "--no-source", "--arch-all", "--nolog"],
    basename(upload.dsc),
  ]);
}

async function asUser({ name }: ServiceUser, dir: string, timeoutMs: number, command: readonly string[]) {
  const as = ["--reuid", name, "--regid", name, "--init-groups", "--"];
  await run("setpriv", [...as, ...command], { cwd: dir, env: { HOME: dir }, timeoutMs });
}

/** Copies of the source in a directory of the user that builds. */
async function placeSource(upload: Upload, { uid, gid }: ServiceUser, base: string): Promise<string> {
  const dir = await mkdtemp(join(base, "plain-"));
  for (const file of upload.files) await copyFile(file, join(dir, basename(file)));
  for (const path of [dir, ...upload.files.map((file) => join(dir, basename(file)))])
    await chown(path, uid, gid);
  return dir;
}

/** conf/distributions; reprepro(1). */
function distribution({ codename, arch }: Instance, { fingerprint }: SigningKey): string {
  return [
    ...["Origin: Benchmark", `Codename: ${codename}`, "Components: main", "UDebComponents: main"],
    ...[`Architectures: ${arch} source`, "Contents: .gz", `SignWith: ${fingerprint}`, ""],
  ].join("\n");
}
