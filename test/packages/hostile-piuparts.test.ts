import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { TEST_USER } from "#testing";
import { createQaScene, QA_LIMIT_MS, type QaScene } from "../system/qa-scene.ts";
import { BREACH } from "./hostile-table.ts";

// piuparts runs scripts of packages as root of a chroot, with the ids that chroots of all builds have in common.
const NAME = "mbd-evil-piuparts";

let qa: QaScene;
/** Of the host, to be read by everybody. */
let host: string;
/** Stands for the work directory of another build, with its chroot. */
let other: string;
let bed: string;

vi.setConfig({ testTimeout: QA_LIMIT_MS + 60_000, hookTimeout: QA_LIMIT_MS });

beforeAll(async () => {
  qa = await createQaScene();
  host = await mkdtemp("/var/tmp/mbdt-host-");
  await chmod(host, 0o755);
  await writeFile(join(host, "file"), "read me\n", { mode: 0o644 });
  other = join(qa.instance.home, "work/471100");
  bed = join(other, "root/bed");
  await mkdir(bed, { recursive: true, mode: 0o755 });
  await writeFile(join(bed, "file"), "read me\n", { mode: 0o644 });
  const root = Number(
    new RegExp(`^${TEST_USER}:(\\d+)`, "m").exec(await readFile("/etc/subuid", "utf8"))?.[1],
  );
  for (const path of [bed, join(bed, "file")]) await chown(path, root, root);
});
afterAll(async () => {
  for (const dir of [other, host]) if (dir !== undefined) await rm(dir, { recursive: true, force: true });
  await qa?.close();
});

test("a package that climbs out of piuparts' chroot finds programs and its own build, and changes nothing", async () => {
  const { home } = qa.instance;
  const source = await qa.send({
    name: NAME,
    options: ["piuparts-mode=WARNFAIL"],
    tree: { "debian/attack": attack(home) },
    pack: [`install -m 755 debian/attack debian/tmp/usr/lib/${NAME}/`],
    scripts: { postinst: `perl /usr/lib/${NAME}/attack` },
  });

  const build = await qa.ended(source, "INSTALLED");

  const lines = (await qa.checkLog(build.id, "piuparts")).split("\n").map((line) => line.trim());
  expect(lines.filter((line) => line.startsWith(BREACH)).slice(0, 50)).toEqual([]);
  expect(await readdir(bed)).toEqual(["file"]);
  // It did get out, and tried all.
  const seen = (dir: string) => lines.find((line) => line.startsWith(`in ${dir}: `))?.split(": ")[1];
  expect(seen("/")).toMatch(/^(?:(?:bin|dev|etc|lib|lib32|lib64|libx32|proc|sbin|tmp|usr|var) ?)+$/);
  expect(seen("/var/tmp")).toBe(basename(dirname(home)));
  expect(seen(home)).toBe("chroots work");
  expect(seen(join(home, "work"))).toBe(String(build.id));
  expect(seen(join(home, "work", String(build.id)))).toBe("helpers out overlay piu");
  for (const name of ["out", "overlay", "helpers"]) {
    expect(lines).toContain(`no way: ${home}/work/${build.id}/${name}/planted`);
  }
  expect(lines).toContain(`no way: ${bed}/planted`);
  expect(lines).toContain("the end");
  expect(build.qa.piuparts).toMatchObject({ result: "PASS" });
});

/** Runs as root in a chroot of piuparts: what it finds or can change outside is a breach. */
const attack = (home: string): string => `#!/usr/bin/perl
use strict;
my ($home, $bed, $host) = ('${home}', '${bed}', '${host}');
$| = 1;
chroot '/usr/lib/${NAME}' or die;
chdir '..' for 1 .. 64;
chroot '.' or die;

sub said { print $_[0] ? '${BREACH}' : 'no way', ": $_[1]\\n" }
sub looked { my ($at) = @_; said(-e "$at$_", "$at$_") for $bed, "$host/file", "$home/store", "$home/mini-buildd.sqlite" }
sub written { my ($path) = @_; said(scalar(open my $file, '>>', $path), $path) }

my ($work) = grep { -d "$_/piu" } glob "$home/work/*";
for my $dir ('/', '/var/tmp', $home, "$home/work", $work) {
  opendir my $all, $dir or next;
  print "in $dir: @{[ sort grep { !/^[.]/ } readdir $all ]}\\n";
}
looked('');
said(scalar(open my $file, '<', "$host/file"), "to read $host/file");
written("$bed/planted");
said(-e $_, $_) for qw(/etc/shadow /etc/hostname /home /root /boot /srv /sys/fs/cgroup);

# By processes and what they have open.
for my $way (glob('/proc/[0-9]*/{cwd,root,fd/*}'), glob '/proc/[0-9]*/task/*/cwd') {
  looked($_) for $way, "$way/../../../../../../../..";
}

# Root may change the mounts, which does not give it rights.
for my $dir ("$work/out", "$work/overlay", "$work/helpers") {
  written("$dir/planted");
  system 'mount', '-o', 'remount,bind,rw', $dir;
  written("$dir/planted");
}
for my $tarball (glob "$home/chroots/*") {
  system 'mount', '-o', 'remount,bind,rw', $tarball;
  written($tarball);
}
written($_) for glob("$work/out/*.deb"), "$work/helpers/piuparts-run", '/usr/planted';
my $look = "for path in $bed $host $home/store /etc/shadow /home; do [ ! -e \\$path ] || echo ${BREACH}: \\$path under mounts; done; echo looked under";
system 'unshare', '--mount', 'sh', '-c', "umount -l /dev/* $work/* $home/chroots/* /etc/* /usr /proc; $look";

# Newer kernels hand out mount namespaces, ioctl_nsfs(2): NS_MNT_GET_NEXT and NS_MNT_GET_PREV.
for my $which (11, 12) {
  open my $mounts, '<', '/proc/self/ns/mnt' or die;
  my $about = pack 'IIQ', 16, 0, 0;
  my $fd = ioctl $mounts, 0x8010b700 | $which, $about;
  next if !defined $fd;
  system 'nsenter', "--mount=/proc/$$/fd/$fd", 'sh', '-c', $look;
}
print "the end\\n";
`;
