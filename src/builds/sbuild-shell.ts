import { type BuildEnvironment, environmentInPerl } from "./build-environment.ts";

/**
 * sha256 of the shell scripts by which sbuild prepares the namespace of a command, without and with a network. Whatever
 * other release of sbuild does there, is left to it.
 */
const KNOWN_SCRIPTS = {
  "0.85.0": {
    online: "c8724e8c1b81721b9595923aebc14ba257617e1035a6c24b2742c0becca4366d",
    offline: "9160e77d631ee4706b1ad8143b4c93381368313fe35af45044ca645bcbe189a1",
  },
} as const;

function known(network: "online" | "offline"): string {
  return Object.values(KNOWN_SCRIPTS)
    .map((scripts) => `'${scripts[network]}' => '${network}'`)
    .join(", ");
}

/**
 * Takes the place of sh(1) where sbuild prepares the namespace of a command, which it does a hundred times in a build.
 * Its script starts some forty programs each time; this does the same by system calls, and looks up names of the chroot
 * in the chroot, where no link leads out of it. The wall is that of the `mount` helper, but for what lies before it: the
 * chroot is the only thing there. Where that cannot be made, the command does not run.
 */
export const sbuildShell = (added: BuildEnvironment): string => `#!/usr/bin/perl
use strict;
use warnings;
use Digest::SHA ();
use Fcntl ();

my %known = (${known("online")}, ${known("offline")});
my $network = @ARGV > 6 && $ARGV[0] eq '-c' ? $known{ Digest::SHA::sha256_hex($ARGV[1]) } : undef;
if (!defined $network) {
  exec { '/bin/sh' } 'sh', @ARGV;
  die "sh: $!\\n";
}

# Flags of mount(2) and umount2(2).
my ($NOSUID, $NOEXEC, $BIND, $RECURSIVE, $DETACH) = (2, 8, 4096, 16384, 2);
# O_PATH of open(2).
my $PATH_ONLY = 010000000;
my ($MOUNT, $UMOUNT, $PIVOT_ROOT, $SET_HOST_NAME) = numbers();

my (undef, undef, undef, $bed, $user, $dir, @words) = @ARGV;
my @binds;
while (defined(my $word = shift @words)) {
  last if $word eq '--';
  push @binds, [ source($word), shift @words ];
}
my ($work) = $0 =~ m{^(/.+)/helpers/} or die "mini-buildd: $0 is not where it belongs\\n";
opendir my $host, '/' or die "/: $!\\n";
my $sys = source('/sys');
my @devices = map { [ source("/dev/$_"), "/dev/$_" ] } qw(null zero full random urandom tty console);
my $resolvers = $network eq 'online' ? content('/etc/resolv.conf') // "nameserver 127.0.0.53\\n" : '';
system 'ip', 'link', 'set', 'lo', 'up' if $network eq 'offline';
my $name = 'sbuild';
syscall($SET_HOST_NAME, $name, length $name) == 0 or told('hostname');

root_at($bed);
directory('/proc');
mounted('proc', '/proc', 'proc', 0, '') or die "mini-buildd: no /proc in the chroot: $!\\n";
bound($_->[0], $_->[1], $RECURSIVE) for @binds;
written('/etc/hosts', "127.0.0.1 localhost\\n127.0.1.1 sbuild\\n");
written('/etc/resolv.conf', $resolvers);
directory('/dev');
for my $device (@devices) {
  written($device->[1], '') if !-e $device->[1];
  chmod 0, $device->[1];
  bound(@$device, 0);
}
linked('/proc/self/fd', '/dev/fd');
linked("/proc/self/fd/$_->[0]", "/dev/$_->[1]") for [ 0, 'stdin' ], [ 1, 'stdout' ], [ 2, 'stderr' ];
directory('/dev/pts');
mounted('none', '/dev/pts', 'devpts', $NOEXEC | $NOSUID, 'gid=5,mode=620,ptmxmode=666') or told('/dev/pts');
linked('/dev/pts/ptmx', '/dev/ptmx');
directory('/dev/shm');
mounted('tmpfs', '/dev/shm', 'tmpfs', 0, '') or told('/dev/shm');
directory('/sys');
bound($sys, '/sys', $RECURSIVE);

root_at($host);
closedir $host;
wall("$work/tmp");
root_at('/chroot');

${environmentInPerl(added, "$user")}
exec { '/sbin/runuser' } 'runuser', '-u', $user, '--', 'sh', '-c', 'cd "$1" && shift && "$@"', '--', $dir, @words;
die "runuser: $!\\n";

# Leaves nothing but the chroot, which is a chroot then as before, not the root of all.
sub wall {
  my ($new) = @_;
  mounted('tmpfs', $new, 'tmpfs', 0, 'mode=755,size=1m') or no_wall();
  mkdir "$new/$_" or no_wall() for qw(chroot old);
  mounted($bed, "$new/chroot", '', $BIND | $RECURSIVE, '') or no_wall();
  chdir $new or no_wall();
  my ($here, $old) = ('.', 'old');
  syscall($PIVOT_ROOT, $here, $old) == 0 or no_wall();
  syscall($UMOUNT, $old, $DETACH) == 0 or no_wall();
  rmdir $old;
}

sub no_wall {
  die "mini-buildd: the chroot has no wall: $!\\n";
}

sub root_at {
  my ($place) = @_;
  chdir $place or die "mini-buildd: chroot: $!\\n";
  chroot '.' or die "mini-buildd: chroot: $!\\n";
}

# A place of the host, to be mounted in the chroot.
sub source {
  my ($path) = @_;
  sysopen my $handle, $path, $PATH_ONLY or told($path);
  return $handle;
}

sub bound {
  my ($source, $target, $flags) = @_;
  return if !defined fileno $source;
  directory($target) if -d $source;
  mounted('/proc/self/fd/' . fileno($source), $target, '', $BIND | $flags, '') or told($target);
}

# syscall() takes no constants.
sub mounted {
  my ($source, $target, $type, $flags, $data) = @_;
  return syscall($MOUNT, $source, $target, $type, $flags + 0, $data) == 0;
}

sub directory {
  my ($path) = @_;
  my $at = '';
  for my $part (grep { length } split m{/}, $path) {
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

sub content {
  my ($path) = @_;
  return undef if !-f $path;
  open my $file, '<', $path or return undef;
  local $/;
  return <$file>;
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
