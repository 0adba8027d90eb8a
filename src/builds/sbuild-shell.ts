import { createHash } from "node:crypto";
import { type BuildEnvironment, environmentInPerl } from "./build-environment.ts";
import { checked } from "./patterns.ts";
import { PREPARE } from "./sbuild-env.ts";

/**
 * sha256 of the shell scripts by which sbuild prepares the namespace of a command, with and without a network. Scripts
 * of other releases run as they are, in a root without the host.
 */
const KNOWN_SCRIPTS = {
  "0.85.0": {
    online: "c8724e8c1b81721b9595923aebc14ba257617e1035a6c24b2742c0becca4366d",
    offline: "9160e77d631ee4706b1ad8143b4c93381368313fe35af45044ca645bcbe189a1",
  },
} as const;

function known(network: "online" | "offline"): string {
  const ours = createHash("sha256").update(PREPARE[network]).digest("hex");
  return [ours, ...Object.values(KNOWN_SCRIPTS).map((scripts) => scripts[network])]
    .map((sha256) => `'${sha256}' => '${network}'`)
    .join(", ");
}

/**
 * Takes the place of sh(1) where sbuild prepares the namespace of a command, as root of it; it does so a hundred times
 * in a build, and starts some forty programs each time. This does the same by system calls.
 *
 * The chroot's own root is not to be trusted (it runs scripts of build dependencies): it may have made any name of the
 * chroot a link, and a mere chroot is no wall for it. So names of the chroot are looked up in the chroot; procfs, whose
 * links lead out of any chroot, comes last, and no file is open then; and when the command runs there is nothing but the
 * chroot (pivot_root(2)), or, for a script that we do not know, nothing but programs. Where that cannot be made, the
 * command does not run.
 *
 * @param sources directories of the host, besides the overlay, that a build sees
 */
export const sbuildShell = (added: BuildEnvironment, sources: readonly string[]): string => `#!/usr/bin/perl
use strict;
use warnings;
no warnings 'exec';
use Digest::SHA ();
use Errno ();

# On the host sbuild is the service user: what it runs there is none of our business.
if ($> != 0 || @ARGV < 2 || $ARGV[0] ne '-c') {
  exec { '/bin/sh' } 'sh', @ARGV;
  exit 127;
}

my %known = (${known("online")}, ${known("offline")});
my ($helpers, $work) = $0 =~ m{^((/.+)/helpers/[^/]+)/sh$} or die "mini-buildd: $0 is not where it belongs\\n";
# Flags of mount(2) and umount2(2).
my ($READ_ONLY, $NOSUID, $NOEXEC, $BIND, $RECURSIVE, $DETACH) = (1, 2, 8, 4096, 16384, 2);
my @DEVICES = map { "/dev/$_" } qw(null zero full random urandom tty console);
my ($MOUNT, $UMOUNT, $PIVOT_ROOT, $SET_HOST_NAME) = numbers();

my $network = $known{ Digest::SHA::sha256_hex($ARGV[1]) };
# Told by our env(1): what such releases of sbuild do, and older ones do not, is done, too.
my $is_newer = $ARGV[1] =~ /^mini-buildd /;
defined $network ? prepare(@ARGV) : behind_programs(@ARGV);

# What the known script does. Its words: -c SCRIPT -- CHROOT USER DIRECTORY [SOURCE TARGET]… -- COMMAND…
sub prepare {
  my (undef, undef, undef, $bed, $user, $dir, @words) = @_;
  my @binds;
  while (defined(my $word = shift @words)) {
    last if $word eq '--';
    # Where it really is, as its own links would be looked up in the chroot.
    chdir $word or die "mini-buildd: $word: $!\\n";
    push @binds, [ readlink('/proc/self/cwd') // $word, shift @words ];
  }
  my $resolvers = $network eq 'online' ? resolvers() : '';
  system 'ip', 'link', 'set', 'lo', 'up' if $network eq 'offline';
  my $name = 'sbuild';
  syscall($SET_HOST_NAME, $name, length $name) == 0 or told('hostname');

  # From here on names that begin with / are the chroot's, others the host's, until the host is the root again.
  chdir '/' or die "mini-buildd: /: $!\\n";
  chroot $bed or die "mini-buildd: $bed: $!\\n";
  bound(@$_) for @binds;
  my $ip6 = $is_newer ? "::1 localhost ip6-localhost ip6-loopback\\n" : '';
  written('/etc/hosts', "127.0.0.1 localhost\\n127.0.1.1 sbuild\\n$ip6");
  unlink '/etc/resolv.conf' if $is_newer;
  written('/etc/resolv.conf', $resolvers);
  directory('/dev');
  for my $device (@DEVICES) {
    written($device, '') if !-e $device;
    chmod 0, $device;
    bound($device, $device);
  }
  linked('/proc/self/fd', '/dev/fd');
  linked("/proc/self/fd/$_->[0]", "/dev/$_->[1]") for [ 0, 'stdin' ], [ 1, 'stdout' ], [ 2, 'stderr' ];
  directory('/dev/pts');
  mounted('none', '/dev/pts', 'devpts', $NOEXEC | $NOSUID, 'gid=5,mode=620,ptmxmode=666') or told('/dev/pts');
  linked('/dev/pts/ptmx', '/dev/ptmx');
  directory('/dev/shm');
  mounted('tmpfs', '/dev/shm', 'tmpfs', 0, '') or told('/dev/shm');
  directory('/sys');
  bound('/sys', '/sys');
  !$is_newer or mounted('tmpfs', '/sys/kernel', 'tmpfs', $READ_ONLY, 'mode=0000,size=4k') or told('/sys/kernel');
  directory('/proc');
  mounted('proc', '/proc', 'proc', 0, '') or die "mini-buildd: no /proc in the chroot: $!\\n";
  chroot '.' or die "mini-buildd: /: $!\\n";

  # By its name on the host those find its processes who have to end them.
  new_root('1m', sub { shown($bed) or no_wall() });
  stay_first() if $is_newer;
  # A chroot as before, not the root of all, for those who look (ischroot(1)).
  chdir $bed or no_wall();
  chroot '.' or no_wall();
${environmentInPerl(added, "$user")}
  exec { '/sbin/runuser' } 'runuser', '-u', $user, '--', 'sh', '-c', 'cd "$1" && shift && "$@"', '--', $dir, @words;
  told('/sbin/runuser');
  exit 127;
}

# Returns in a child. The first process of the namespace stays: it waits for all that lose their parents.
sub stay_first {
  my $child = fork() // die "mini-buildd: fork: $!\\n";
  return if $child == 0;
  $SIG{$_} = sub { kill $_[0], $child } for qw(HUP INT QUIT TERM);
  while ((my $ended = wait) != $child) {
    die "mini-buildd: wait: $!\\n" if $ended == -1 && !$!{EINTR};
  }
  exit($? & 127 ? 128 | $? & 127 : $? >> 8);
}

# Runs an unknown script where its names, and what the chroot made of them, lead to programs and this build only.
sub behind_programs {
  my @words = @_;
  my $resolvers = resolvers();
  my @sources = ("$work/root", "$work/overlay", $helpers, ${sources.map((path) => `'${checked("path", path, "directory")}'`).join(", ")});
  new_root('4m', sub {
    for my $dir (qw(bin sbin lib lib32 lib64 libx32 usr)) {
      if (defined(my $to = readlink "/$dir")) {
        symlink $to, $dir or no_wall();
      } elsif (-d "/$dir") {
        shown("/$dir") or no_wall();
      }
    }
    shown($_) or no_wall() for grep { -d } @sources;
    shown('/sys') or told('/sys');
    mkdir 'dev';
    for my $device (@DEVICES) {
      written(".$device", '');
      mounted($device, ".$device", '', $BIND, '') or told($device);
    }
    mkdir 'etc';
    written('./etc/resolv.conf', $resolvers) if $resolvers ne '';
    mkdir 'proc';
    mounted('proc', 'proc', 'proc', 0, '') or no_wall();
    # The script names it by its whole path.
    written('./chroot', '');
    mounted('/usr/sbin/chroot', 'chroot', '', $BIND, '') or no_wall();
    mounted("$helpers/chroot", 'usr/sbin/chroot', '', $BIND, '') or no_wall();
  });
  exec { '/bin/sh' } 'sh', @words;
  told('/bin/sh');
  exit 127;
}

# Makes a root of what \`fill\` puts into the working directory, and leaves everything else.
sub new_root {
  my ($size, $fill) = @_;
  mounted('tmpfs', "$work/tmp", 'tmpfs', 0, "mode=755,size=$size") or no_wall();
  chdir "$work/tmp" or no_wall();
  $fill->();
  mkdir 'old' or no_wall();
  my ($here, $old) = ('.', 'old');
  syscall($PIVOT_ROOT, $here, $old) == 0 or no_wall();
  syscall($UMOUNT, $old, $DETACH) == 0 or no_wall();
  rmdir $old;
}

sub no_wall {
  die "mini-buildd: the chroot has no wall: $!\\n";
}

# A directory of the host at its place below the working directory.
sub shown {
  my ($path) = @_;
  directory(".$path");
  return mounted($path, ".$path", '', $BIND | $RECURSIVE, '');
}

# A file or directory of the host, which is the working directory, in the chroot.
sub bound {
  my ($source, $target) = @_;
  directory($target) if -d ".$source";
  mounted(".$source", $target, '', $BIND | $RECURSIVE, '') or told($target);
}

# syscall() takes no constants.
sub mounted {
  my ($source, $target, $type, $flags, $data) = @_;
  return syscall($MOUNT, $source, $target, $type, $flags + 0, $data) == 0;
}

# And those above it.
sub directory {
  my ($path) = @_;
  my ($at, @parts) = split m{/}, $path;
  for my $part (@parts) {
    $at .= "/$part";
    mkdir $at;
  }
}

sub linked {
  my ($to, $path) = @_;
  return if (readlink($path) // '') eq $to;
  unlink $path;
  symlink $to, $path or told($path);
}

sub written {
  my ($path, $text) = @_;
  open my $file, '>', $path or return told($path);
  print $file $text;
  close $file or told($path);
}

# What sbuild writes into /etc/resolv.conf of a chroot.
sub resolvers {
  my $path = '/etc/resolv.conf';
  return "nameserver 127.0.0.53\\n" if !-f $path;
  open my $file, '<', $path or return '';
  local $/;
  return scalar <$file>;
}

# What sbuild's script does not stop for, either.
sub told {
  my ($what) = @_;
  print STDERR "mini-buildd: $what: $!\\n";
}

# Of system calls. syscall.ph knows all of them, but takes longer to read than all of the rest.
sub numbers {
  require Config;
  no warnings 'once';
  my %usual = (
    'x86_64-linux-gnu' => [ 165, 166, 155, 170 ],
    'aarch64-linux-gnu' => [ 40, 39, 41, 161 ],
  );
  my ($abi) = $Config::Config{archname} =~ /^([^-]+-[^-]+-[^-]+)/;
  return @{ $usual{$abi} } if defined $abi && exists $usual{$abi};
  require 'syscall.ph';
  return map { main->can("SYS_$_")->() } qw(mount umount2 pivot_root sethostname);
}
`;
