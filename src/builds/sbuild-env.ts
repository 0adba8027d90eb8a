/** By this program sbuild 0.86 and newer prepares namespaces, instead of a script that `sh` is given. */
export const USERNSEXEC = "/usr/libexec/sbuild-usernsexec";

/**
 * What our `sh` is told instead of a script, to make the namespace of a command of such a release.
 * @see sbuildShell
 */
export const PREPARE = { online: "mini-buildd online", offline: "mini-buildd offline" } as const;

/**
 * Takes the place of env(1), by which newer releases call that program: `env NAME=VALUE… PROGRAM OPTION… MAP… CHROOT USER
 * DIRECTORY [SOURCE TARGET]… -- COMMAND…`. Theirs ends in a mere chroot, which is no wall for its root; so it only makes
 * the namespace of user ids, and our `sh` the rest.
 */
export const sbuildEnv = (usernsexec = USERNSEXEC): string => `#!/usr/bin/perl
use strict;
use warnings;

my ($helpers) = $0 =~ m{^(/.+)/env$} or die "mini-buildd: $0 is not where it belongs\\n";
my @words = @ARGV;
my @settings;
push @settings, shift @words while @words && $words[0] =~ /^[A-Za-z_][A-Za-z0-9_]*=/;
as_called() if !@words || $words[0] ne '${usernsexec}';

my $program = shift @words;
my ($script, $setsid, @maps) = ('${PREPARE.online}', 'setsid');
while (@words && $words[0] =~ /^(?:--[a-z0-9]|[ugb]:)/) {
  my $word = shift @words;
  if ($word =~ /^[ugb]:/) {
    push @maps, $word;
  } elsif ($word eq '--nonet') {
    $script = '${PREPARE.offline}';
  } elsif ($word eq '--nosetsid') {
    $setsid = undef;
  } elsif ($word ne '--pivotroot' && $word ne '--32bit') {
    die "mini-buildd: $program has an option that is not known here: $word\\n";
  }
}
# Nothing in a chroot: unpacking and the like.
as_called() if !@words || $words[0] eq '--';

my @network = $script eq '${PREPARE.offline}' ? '--net' : ();
my @namespaces = ('unshare', '--mount', '--pid', '--uts', '--ipc', @network, '--fork', '--kill-child');
push @namespaces, $setsid if defined $setsid;
exec '/usr/bin/env', @settings, $program, @maps, '--', @namespaces, "$helpers/sh", '-c', $script, '--', @words
  or die "mini-buildd: /usr/bin/env: $!\\n";

sub as_called {
  exec '/usr/bin/env', @ARGV or die "mini-buildd: /usr/bin/env: $!\\n";
}
`;
