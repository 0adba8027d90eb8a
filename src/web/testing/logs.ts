/** A log of a failed build as sbuild writes one, in colours and with bytes that are no text. */
export const FAILED_LOG = Buffer.concat([
  Buffer.from(`sbuild (Debian sbuild) 0.85.0 (04 January 2023) on packages

+==============================================================================+
| libacme 1:4.3.0-1~acme12+1 (amd64)           Thu, 05 Mar 2026 11:18:31 +0000 |
+==============================================================================+

Package: libacme
Version: 1:4.3.0-1~acme12+1
Distribution: bookworm-acme-unstable
MBD-BLOCK eatmydata
Get:1 http://127.0.0.1:3142/debian bookworm InRelease [151 kB]
Setting up libssl-dev:amd64 (3.0.15-1~deb12u1) ...

+------------------------------------------------------------------------------+
| Build                                                                        |
+------------------------------------------------------------------------------+

dpkg-buildpackage: info: source package libacme
 fakeroot debian/rules clean
dh clean
   dh_auto_build
\tmake -j2
[ 10%] \u001b[32mBuilding C object src/acme.o\u001b[0m
[ 40%] \u001b[32mBuilding C object src/wire.o\u001b[0m
\u001b[1msrc/wire.c:118:22:\u001b[0m \u001b[1;31merror: \u001b[0mimplicit declaration of function 'wire_open' [-Werror=implicit-function-declaration]
  118 |         int handle = wire_open(path);
      |                      \u001b[1;31m^~~~~~~~~\u001b[0m
progress 10%\rprogress 60%\rprogress 100%
caf`),
  Buffer.from([0xe9, 0x20, 0x00, 0x07, 0xff]),
  Buffer.from(`
<script>alert("log")</script> & <img src=x onerror=alert(1)>
\u001b]8;;javascript:alert(1)\u0007a link that is none\u001b]8;;\u0007
make[1]: *** [Makefile:42: src/wire.o] Error 1
dh_auto_build: error: make -j2 returned exit code 2
make: *** [debian/rules:7: binary] Error 25
dpkg-buildpackage: error: debian/rules binary subprocess returned exit status 2
--------------------------------------------------------------------------------
Build finished at 2026-03-05T11:21:59Z

+------------------------------------------------------------------------------+
| Summary                                                                      |
+------------------------------------------------------------------------------+

Fail-Stage: build
Status: attempted
`),
]);

/** The beginning of the log of a build that runs. */
export function runningLog(lines: number): string {
  const compiled = Array.from(
    { length: lines },
    (_, index) =>
      `[${String(index + 1).padStart(4)}/2400] gcc -O2 -g -c src/unit_${index}.c -o build/unit_${index}.o`,
  );
  return `sbuild (Debian sbuild) 0.85.0 on packages\ndpkg-buildpackage: info: source package hello\n${compiled.join("\n")}\n`;
}
