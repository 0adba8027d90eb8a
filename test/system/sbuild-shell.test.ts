import { chmod, chown, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  ensureServiceUser,
  type Instance,
  type Ran,
  run,
  type ServiceUser,
  startInstance,
  tryRun,
} from "#testing";
import { sbuildHelpers } from "../../src/builds/sbuild-helpers.ts";

/**
 * What our `sh` makes of sbuild's script for the namespace of a command against what the script itself makes: sbuild
 * here is the real one, and so is the chroot.
 */

/** Calls a function of sbuild that needs no build, with what it asks its objects for. */
const SBUILD = `use strict;
require Sbuild::ChrootUnshare;
require Sbuild::Utility;
package Chroot;
our @ISA = ('Sbuild::ChrootUnshare');
my @map = Sbuild::Utility::read_subuid_subgid();
my ($work, $way, $what, @rest) = @ARGV;
sub get { return $_[1] eq 'Uid Gid Map' ? [@map] : "$work/root/bed" }
sub get_conf {
  return "$work/helpers/$way:/usr/sbin:/usr/bin:/sbin:/bin" if $_[1] eq 'PATH';
  return [ { directory => "$work/overlay", mountpoint => '/run/mini-buildd' } ];
}
package main;
exec Sbuild::Utility::get_unshare_cmd({ IDMAP => \\@map }), @rest if $what eq 'plain';
exec +(bless {}, 'Chroot')->_get_exec_argv('/tmp', 'root', $what eq 'offline'), @rest;
`;

/** `ours`: with our `sh`; `sbuild`: with the other helpers only, as for a sbuild that we do not know. */
type Way = "ours" | "sbuild";
type Network = "online" | "offline";

let instance: Instance;
let user: ServiceUser;
let work: string;

beforeAll(async () => {
  user = await ensureServiceUser();
  instance = await startInstance();
  work = await mkdtemp("/var/tmp/mbdt-shell-");
  await chmod(work, 0o755);
  for (const name of ["helpers", "helpers/ours", "helpers/sbuild", "root", "root/bed", "tmp", "overlay"])
    await mkdir(join(work, name));
  for (const { path, content } of sbuildHelpers({ path: ["/opt/x"], variables: { LEVEL: "1" } })) {
    const name = path.slice("sbuild/".length);
    for (const way of name === "sh" ? ["ours"] : ["ours", "sbuild"])
      await writeFile(join(work, "helpers", way, name), content, { mode: 0o755 });
  }
  await writeFile(join(work, "overlay/file"), "seen\n");
  await writeFile(join(work, "sbuild.pl"), SBUILD);
  await copyFile(instance.chrootTarball(), join(work, "chroot.tar.zst"));
  await run("chown", ["-R", `${user.uid}:${user.gid}`, work]);
  const root = Number(
    (await readFile("/etc/subuid", "utf8")).match(new RegExp(`^${user.name}:(\\d+)`, "m"))?.[1],
  );
  await chown(join(work, "root/bed"), root, root);
  await ok(plain("tar", "-C", `${work}/root/bed`, "--exclude=./dev/*", "-xf", `${work}/chroot.tar.zst`));
});

afterAll(async () => {
  await plain("sh", "-c", `rm -rf ${work}/root/bed/* ${work}/root/bed/.[a-z]*`);
  await rm(work, { recursive: true, force: true });
  await instance?.close();
});

async function sbuild(way: Way, what: Network | "plain", command: readonly string[]): Promise<Ran> {
  const as = ["--reuid", user.name, "--regid", user.name, "--init-groups", "--"];
  const call = ["perl", `${work}/sbuild.pl`, work, way, what, ...command];
  return await tryRun("setpriv", [...as, ...call], { cwd: "/", env: { HOME: work, LC_ALL: "C.UTF-8" } });
}

const plain = (...command: readonly string[]) => sbuild("sbuild", "plain", command);
const inChroot = (way: Way, network: Network, script: string) => sbuild(way, network, ["sh", "-c", script]);

async function ok(ran: Promise<Ran>): Promise<string> {
  const { exitCode, stdout, stderr } = await ran;
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return stdout;
}

/** Mounts in any order, as proc comes first with us. */
const LOOK = `id; pwd; hostname; umask; env | sort | grep -v ^_=
cat /etc/hosts /etc/resolv.conf /run/mini-buildd/file
ls -ln --time-style=+ /dev /dev/pts | sed 's/^total.*//'
cut -d" " -f5- /proc/self/mountinfo | sed 's/ .*- / /' | sort
ls /proc/self/fd | wc -l; ls /sys; ischroot; echo "ischroot: $?"
ls -a /proc/1/root/ | sort; ip link 2>/dev/null; grep -c . /proc/net/dev; grep ^Cap /proc/self/status
echo >/dev/null; head -c 1 /dev/zero | wc -c; echo x >/dev/shm/x && cat /dev/shm/x`;

describe.each(["online", "offline"] as const)("a command %s", (network) => {
  test("sees the same, whoever prepared its namespace", async () => {
    const ours = await inChroot("ours", network, LOOK);
    const theirs = await inChroot("sbuild", network, LOOK);

    expect(ours).toEqual(theirs);
    expect(ours.stderr).toBe("");
    expect(ours.stdout).toContain("\nseen\n");
  });

  test("ends as it ends", async () => {
    expect(await inChroot("ours", network, "echo out; echo err >&2; exit 7")).toMatchObject({
      ...{ exitCode: 7, stdout: "out\n", stderr: "err\n" },
    });
  });

  test("cannot get out of its chroot: there is nothing around it", async () => {
    const climb = `mkdir -p /x && perl -e 'chroot "/x"; chdir ".." for 1 .. 50; chroot "."; opendir my $d, "/"; print join " ", sort grep { !/^[.]/ } readdir $d'`;

    expect(await ok(inChroot("ours", network, climb))).toBe("chroot");
  });
});

test("sbuild of this machine is one whose script is known", async () => {
  const count = "ls /proc/1/root >/dev/null; tr '\\0' ' ' </proc/1/cmdline";

  // What sbuild's own script starts has an absolute path.
  expect(await ok(inChroot("ours", "online", count))).toMatch(/^runuser /);
  expect(await ok(inChroot("sbuild", "online", count))).toMatch(/^\/sbin\/runuser /);
});

test("links in a chroot lead nowhere outside of it", async () => {
  const victim = join(work, "root/victim");
  await ok(plain("sh", "-c", `mkdir ${work}/root/bed/open && : >${work}/root/bed/open/file`));
  await writeFile(victim, "untouched\n");
  await chmod(victim, 0o666);
  await ok(plain("ln", "-sf", victim, `${work}/root/bed/etc/resolv.conf`));

  const { stderr } = await inChroot("ours", "online", "true");

  expect(await readFile(victim, "utf8")).toBe("untouched\n");
  expect(stderr).toContain("/etc/resolv.conf: No such file or directory");
  await ok(plain("rm", `${work}/root/bed/etc/resolv.conf`));
});

test("another script goes to the shell as it is", async () => {
  const { stdout } = await tryRun(join(work, "helpers/ours/sh"), [
    "-c",
    'echo "$0 $1 $#"',
    "zero",
    "a b",
    "c",
  ]);

  expect(stdout).toBe("zero a b 2\n");
});

test("numbers of system calls are those of this machine", async () => {
  const shell = await readFile(join(work, "helpers/ours/sh"), "utf8");
  const numbers = shell.slice(shell.indexOf("sub numbers"));
  const all = 'map { main->can("SYS_$_")->() } qw(mount umount2 pivot_root sethostname)';
  const program = `${numbers}\nprint join(" ", numbers()), "\\n"; require "syscall.ph"; print join(" ", ${all}), "\\n";`;
  const [ours, theirs] = (await run("perl", ["-e", program])).split("\n");

  expect(ours).toBe(theirs);
});
