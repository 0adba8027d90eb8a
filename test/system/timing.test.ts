import { chown, copyFile, mkdtemp, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  createPackages,
  ensureServiceUser,
  type Instance,
  type Packages,
  run,
  type SourcePackage,
  sendByFtp,
  startInstance,
  waitForEnd,
} from "#testing";

// What the program itself adds to a build: everything between the last byte of the upload and apt being able to
// install, without the time that sbuild ran.
const MOST_MS = 3000;
const RUNS = 3;

let instance: Instance;
let packages: Packages;

beforeAll(async () => {
  instance = await startInstance();
  packages = await createPackages(instance);
});

afterAll(async () => {
  await packages?.close();
  await instance?.close();
});

interface Times {
  readonly totalMs: number;
  readonly sbuildMs: number;
}

async function measure(made: SourcePackage): Promise<Times> {
  await sendByFtp(instance.ftpPort, made.files);
  const installed = await waitForEnd(instance, made, "INSTALLED");
  const [row] = instance.rows(
    `SELECT u.created_at, b.result FROM upload u JOIN packaging p ON p.upload_id = u.id
     JOIN build b ON b.packaging_id = p.id WHERE p.id = ?`,
    installed.packaging,
  );
  const result = JSON.parse(String(row?.result)) as { times: { sbuildMs: number } };
  const totalMs = Date.parse(installed.time) - Date.parse(String(row?.created_at));
  return { totalMs, sbuildMs: result.times.sbuildMs };
}

/** The same source, built by sbuild alone, as the same user in the same chroot. */
async function plainSbuild(made: SourcePackage): Promise<number> {
  const user = await ensureServiceUser();
  const dir = await mkdtemp("/var/tmp/mbd-sbuild-");
  try {
    await chown(dir, user.uid, user.gid);
    const copies = made.files.map((file) => join(dir, basename(file)));
    for (const [index, file] of made.files.entries()) await copyFile(file, copies[index] ?? dir);
    const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
    const source = `deb [signed-by=${keyring}] ${instance.archive} ${instance.codename} main`;
    const options = [
      "--chroot-mode=unshare",
      `--chroot=${instance.chrootTarball()}`,
      `--dist=${made.distribution}`,
    ];
    const quick = [
      "--no-run-lintian",
      "--no-run-piuparts",
      "--no-run-autopkgtest",
      "--bd-uninstallable-explainer=none",
    ];
    const build = [
      "sbuild",
      ...options,
      ...quick,
      "--nolog",
      `--extra-repository=${source}`,
      basename(made.dsc),
    ];
    const began = Date.now();
    await run("setpriv", ["--reuid", user.name, "--regid", user.name, "--init-groups", "--", ...build], {
      cwd: dir,
      env: { HOME: dir },
    });
    return Date.now() - began;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

test(`from a complete upload to an installable package it takes sbuild's own time and less than ${MOST_MS} ms`, async () => {
  const measured: Times[] = [];
  const made: SourcePackage[] = [];
  for (let index = 1; index <= RUNS; index += 1) {
    const each = await packages.make({ name: `mbd-time${index}` });
    made.push(each);
    measured.push(await measure(each));
  }
  const [first] = made;
  const plainMs = first === undefined ? 0 : await plainSbuild(first);

  const overheads = measured.map(({ totalMs, sbuildMs }) => totalMs - sbuildMs).sort((a, b) => a - b);
  const median = overheads[Math.floor(RUNS / 2)];
  process.stdout.write(
    `upload complete → installable: ${measured.map(({ totalMs }) => `${totalMs} ms`).join(", ")}\n` +
      `without sbuild: ${overheads.map((ms) => `${Math.round(ms)} ms`).join(", ")}; plain sbuild: ${plainMs} ms\n`,
  );
  expect(median).toBeLessThan(MOST_MS);
});
