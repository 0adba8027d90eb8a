import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReleaseInput } from "#archive";
import { bundleProgram, createGpg, run } from "#testing";
import { type Driver, startDriver } from "./driver-process.ts";
import type { Order } from "./driver-protocol.ts";
import { makeReleases, type WantedRelease } from "./packages.ts";

/** A home with distributions and stored packages, and programs to work on it. */
export interface CrashHome {
  readonly dir: string;
  readonly home: string;
  /** Root of the archive. */
  readonly root: string;
  readonly keyring: string;
  readonly releases: readonly ReleaseInput[];
  /** What every order holds. */
  readonly common: Pick<Order, "home" | "gnupg" | "fingerprint">;
  startDriver(): Driver;
  bundle(entry: string): Promise<string>;
  close(): Promise<void>;
}

const WANTED: readonly WantedRelease[] = ["1.0", "1.1~rc1", "1.1+dfsg", "2.0"].flatMap((version) => [
  {
    ...{ source: "alpha", version, component: "main" },
    binaries: [
      { name: "alpha", arch: "amd64" },
      { name: "alpha-doc", arch: "all" },
      { name: "alpha-udeb", arch: "amd64", kind: "udeb" },
    ],
  },
  {
    ...{ source: "libbeta", version, component: "contrib" },
    binaries: [
      { name: "libbeta1", arch: "amd64" },
      { name: "libbeta-dev", arch: "amd64" },
      { name: "libbeta1", arch: "arm64" },
    ],
  },
  {
    ...{ source: "gamma", version, component: "main" },
    binaries: [{ name: "gamma", arch: "all" }],
  },
]);

/** @param now what the drivers take for the present at first */
export async function createCrashHome(now: Date): Promise<CrashHome> {
  const dir = await mkdtemp(join(tmpdir(), "mbd-crash-"));
  const gpg = await createGpg();
  const key = await gpg.makeKey("Archive");
  const keyring = join(dir, "keyring.gpg");
  await run("gpg", ["--homedir", gpg.home, "--batch", "--output", keyring, "--export", key.fingerprint]);
  const home = join(dir, "home");
  await mkdir(home);
  const program = await bundleProgram("test/crash/archive/archive-driver.ts", dir);
  const made = await makeReleases(join(dir, "packages"), WANTED);
  const common = { home, gnupg: gpg.home, fingerprint: key.fingerprint };
  const order: Order = { ...common, mode: "setup", now: now.toISOString(), releases: made };
  const { lines, complaints, exitCode } = await startDriver(program).run(order);
  const result = lines.find((line) => line.startsWith("result "));
  if (exitCode !== 0 || result === undefined) throw new Error(`setting up failed: ${complaints.join("\n")}`);
  return {
    dir,
    home,
    keyring,
    common,
    root: join(home, "repositories/test"),
    releases: JSON.parse(result.slice("result ".length)) as ReleaseInput[],
    startDriver: () => startDriver(program),
    bundle: (entry) => bundleProgram(entry, dir),
    async close() {
      await gpg.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
