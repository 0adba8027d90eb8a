import { existsSync } from "node:fs";
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
import { BUILD_PATH } from "../../src/builds/build-environment.ts";
import { USERNSEXEC } from "../../src/builds/sbuild-env.ts";
import { sbuildHelpers } from "../../src/builds/sbuild-helpers.ts";
import { CLIMB } from "../../src/builds/setup-script.ts";

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
my ($work, $way, $what, $user, @rest) = @ARGV;
sub get { return $_[1] eq 'Uid Gid Map' ? [@map] : "$work/root/bed" }
sub get_conf {
  return ($way eq 'bare' ? '' : "$work/helpers/$way:") . '${BUILD_PATH}' if $_[1] eq 'PATH';
  return [
    { directory => "$work/overlay", mountpoint => '/run/mini-buildd' },
    { directory => "$work/cache", mountpoint => '/var/cache/mbd' },
  ];
}
package main;
if ($what eq 'plain') {
  my @maps = map { join ':', @$_ } @map;
  exec '${USERNSEXEC}', @maps, '--', @rest if -e '${USERNSEXEC}';
  exec Sbuild::Utility::get_unshare_cmd({ IDMAP => \\@map }), @rest;
}
# As sbuild does, where it has cleaned its environment.
$ENV{PATH} = Chroot->get_conf('PATH');
exec +(bless {}, 'Chroot')->_get_exec_argv('/tmp', $user, $what eq 'offline'), @rest;
`;

/** `bare`: without any helper of ours. `unknown`: with a \`sh\` that takes sbuild for one it does not know. */
type Way = "known" | "unknown" | "bare";
type Network = "online" | "offline";

/** With that program there are no scripts, known or not, but what our \`env\` tells our \`sh\`. */
const HAS_USERNSEXEC = existsSync(USERNSEXEC);
const WAYS: readonly Way[] = HAS_USERNSEXEC ? ["known"] : ["known", "unknown"];

let instance: Instance;
let user: ServiceUser;
let work: string;

beforeAll(async () => {
  user = await ensureServiceUser();
  instance = await startInstance();
  work = await mkdtemp("/var/tmp/mbdt-shell-");
  await chmod(work, 0o755);
  for (const name of ["helpers", "root", "root/bed", "tmp", "overlay", "cache", "other"])
    await mkdir(join(work, name));
  for (const way of WAYS) {
    await mkdir(join(work, "helpers", way));
    const added = { path: ["/opt/x"], variables: { LEVEL: "1" } };
    for (const { path, content } of sbuildHelpers(added, [join(work, "cache")], HAS_USERNSEXEC)) {
      const text = way === "known" ? String(content) : String(content).replaceAll(/'[0-9a-f]{64}'/g, "'0'");
      const file = join(work, "helpers", way, path.slice("sbuild/".length));
      await writeFile(file, text, { mode: 0o755 });
    }
  }
  await writeFile(join(work, "overlay/file"), "seen\n");
  await writeFile(join(work, "secret"), "SECRET\n");
  await writeFile(join(work, "sbuild.pl"), SBUILD);
  await copyFile(instance.chrootTarball(), join(work, "chroot.tar.zst"));
  await run("chown", ["-R", `${user.uid}:${user.gid}`, work]);
  const ranges = await readFile("/etc/subuid", "utf8");
  const root = Number(new RegExp(`^${user.name}:(\\d+)`, "m").exec(ranges)?.[1]);
  for (const name of ["root", "root/bed", "cache", "other"]) await chown(join(work, name), root, root);
  await ok(plain("tar", "-C", `${work}/root/bed`, "--exclude=./dev/*", "-xf", `${work}/chroot.tar.zst`));
});

afterAll(async () => {
  if (work !== undefined) {
    await plain("sh", "-c", `rm -rf ${work}/root/* ${work}/cache/* ${work}/other/*`);
    await rm(work, { recursive: true, force: true });
  }
  await instance?.close();
});

async function sbuild(
  way: Way,
  what: Network | "plain",
  as: string,
  command: readonly string[],
): Promise<Ran> {
  const ids = ["--reuid", user.name, "--regid", user.name, "--init-groups", "--"];
  const call = ["perl", `${work}/sbuild.pl`, work, way, what, as, ...command];
  return await tryRun("setpriv", [...ids, ...call], { cwd: "/", env: { HOME: work, LC_ALL: "C.UTF-8" } });
}

const plain = (...command: readonly string[]) => sbuild("bare", "plain", "root", command);
const inChroot = (way: Way, network: Network, script: string, as = "root") =>
  sbuild(way, network, as, ["sh", "-c", script]);

async function ok(ran: Promise<Ran>): Promise<string> {
  const { exitCode, stdout, stderr } = await ran;
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return stdout;
}

/** Mounts in any order, as procfs is not always the last; only behind a wall the chroot itself is one. */
const LOOK = `id; pwd; hostname; umask
cat /etc/hosts /etc/resolv.conf /run/mini-buildd/file
ls -ln --time-style=+ /dev /dev/pts | sed 's/^total.*//'
cut -d" " -f5- /proc/self/mountinfo | sed -E 's/ (shared|master|propagate_from):[0-9]+//g' | grep -v -e ^/sys -e '^/ ' | sort
ls /proc/self/fd | wc -l; ischroot; echo "ischroot: $?"; ${HAS_USERNSEXEC ? "" : "ls -a /proc/1/root/ | sort; "}grep ^Cap /proc/self/status
echo >/dev/null; head -c 1 /dev/zero | wc -c; echo x >/dev/shm/x && cat /dev/shm/x; ls -d /sys/class/net`;
const LINKS = "ip link 2>/dev/null | sed 's/@.*//'; grep -c . /proc/net/dev";

describe.each(["online", "offline"] as const)("a command %s", (network) => {
  test.each(WAYS)("sees what it would without us, by a script %s", async (way) => {
    const look = network === "offline" ? `${LOOK}\n${LINKS}` : LOOK;
    const ours = await inChroot(way, network, look);
    await plain("sh", "-c", `rm -rf ${work}/root/bed/dev/*`);
    const theirs = await inChroot("bare", network, look);

    expect(ours).toEqual(theirs);
    expect(ours.stdout).toContain("\nseen\n");
  });
});

describe.each(WAYS)("by a script %s", (way) => {
  test("a command ends as it ends", async () => {
    expect(await inChroot(way, "online", "echo out; echo err >&2; exit 7")).toEqual({
      exitCode: 7,
      stdout: "out\n",
      stderr: "err\n",
    });
  });

  test("what blocks add is for the build, not for root", async () => {
    const look = 'echo "$LEVEL $PATH"';

    expect(await ok(inChroot(way, "offline", look, "nobody"))).toBe(`1 /opt/x:${BUILD_PATH}\n`);
    expect(await ok(inChroot(way, "offline", look))).toBe(` ${BUILD_PATH}\n`);
  });

  test("root of the chroot gets out of it, and finds nothing", async () => {
    const climb = `mkdir -p /x && perl -e 'chroot "/x"; chdir ".." for 1 .. 50; chroot "."; print join " ", map { -e "$_" ? $_ : () } @ARGV' /home /root ${work}/secret ${work}/home /etc/passwd`;

    expect(await ok(inChroot(way, "online", climb))).toBe("");
  });

  /** Shell lines that run in the chroot's files before the command, and those that put all in order again. */
  const ATTACKS: Record<string, readonly [before: string, after: string]> = {
    ...Object.fromEntries(
      ["", "/proc/self/cwd", "/proc/self/root", ...[3, 4, 5, 6, 7].map((fd) => `/proc/self/fd/${fd}`)].map(
        (by) => [
          `a link ${by || "/"}…`,
          ["cd etc; mv hosts h; ln -s $BY$WORK/other/victim hosts", "cd etc; rm -f hosts; mv h hosts"].map(
            (line) => line.replace("$BY", by),
          ) as [string, string],
        ],
      ),
    ),
    "a cache over the open files": [
      "mkdir -p var/cache; rmdir var/cache/mbd; ln -s /proc/self/fd var/cache/mbd; for n in 3 4 5 6 7; do ln -s /proc/self/task/1/fd/5 $WORK/cache/$n; done",
      "rm -rf var/cache/mbd $WORK/cache/*",
    ],
    "procfs over everything": ["rmdir proc; ln -s / proc; ln -s / self", "rm -f proc self; mkdir proc"],
    "the host as /sys": ["rmdir sys; ln -s /proc/self/cwd sys", "rm -f sys; mkdir sys"],
    "helpers covered": [
      "rmdir run/mini-buildd; ln -s $WORK/helpers/known run/mini-buildd",
      "rm -f run/mini-buildd; mkdir run/mini-buildd",
    ],
    "programs covered by the cache": [
      "rm -rf var/cache/mbd; ln -s /usr var/cache/mbd; mkdir -p $WORK/cache/sbin; printf '#!/bin/sh\\ncat $WORK/secret; echo X >$WORK/other/victim' >$WORK/cache/sbin/chroot; chmod 755 $WORK/cache/sbin/chroot",
      "rm -rf var/cache/mbd $WORK/cache/*",
    ],
    "another runuser": [
      "cd usr/sbin; mv runuser r; ln -s /proc/self/fd/3/../other/victim runuser",
      "cd usr/sbin; rm -f runuser; mv r runuser",
    ],
  };

  test.each(Object.keys(ATTACKS))("a chroot cannot reach the host: %s", async (name) => {
    const [before, after] = ATTACKS[name] ?? ["false", "false"];
    const at = (line: string) =>
      ok(plain("sh", "-ec", `cd ${work}/root/bed; ${line.replaceAll("$WORK", work)}`));
    const victim = join(work, "other/victim");
    await ok(plain("sh", "-c", `printf '#!/bin/sh\\necho SECRET' >${victim}; chmod 755 ${victim}`));
    await at(before);
    try {
      const look = `for d in / /sys /proc /host /var/cache/mbd; do cat $d${work}/secret; done; echo there; ls /sys`;
      const { stdout } = await inChroot(way, "online", look);

      expect(stdout).not.toContain("SECRET");
      expect(stdout.split("\n")).not.toContain("vmlinuz");
      expect(await readFile(victim, "utf8")).toBe("#!/bin/sh\necho SECRET");
    } finally {
      await at(after);
    }
  });
});

test("sbuild of this machine is one whose script is known", async () => {
  const first = "tr '\\0' ' ' </proc/1/cmdline";

  // What a script starts has an absolute path.
  const ours = HAS_USERNSEXEC ? /helpers\/known\/sh -c mini-buildd online / : /^runuser /;
  expect(await ok(inChroot("known", "online", first))).toMatch(ours);
  if (HAS_USERNSEXEC) return;
  expect(await ok(inChroot("unknown", "online", first))).toMatch(/^\/sbin\/runuser /);
});

test("the set-up of a build sees a wall only where there is one", async () => {
  const climb = `perl -e '${CLIMB}' /run/mini-buildd /etc/passwd`;

  for (const way of WAYS) expect(await inChroot(way, "online", climb)).toMatchObject({ exitCode: 0 });
  expect(await inChroot("bare", "online", climb)).toMatchObject({ exitCode: 1 });
});

test("what sbuild does on the host goes to the shell as it is", async () => {
  const { stdout } = await tryRun("setpriv", [
    ...[
      "--reuid",
      user.name,
      "--",
      join(work, "helpers/known/sh"),
      "-c",
      'echo "$0 $1 $#"',
      "zero",
      "a b",
      "c",
    ],
  ]);

  expect(stdout).toBe("zero a b 2\n");
});

test("numbers of system calls are those of this machine", async () => {
  const shell = await readFile(join(work, "helpers/known/sh"), "utf8");
  const numbers = shell.slice(shell.indexOf("sub numbers"));
  const all = 'map { main->can("SYS_$_")->() } qw(mount umount2 pivot_root sethostname)';
  const program = `${numbers}\nprint join(" ", numbers()), "\\n"; require "syscall.ph"; print join(" ", ${all}), "\\n";`;
  const [ours, theirs] = (await run("perl", ["-e", program])).split("\n");

  expect(ours).toBe(theirs);
});
