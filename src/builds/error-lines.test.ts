import { describe, expect, it } from "vitest";
import { findErrorLines, kindOf } from "./error-lines.ts";

describe("kindOf", () => {
  it.each([
    "cc1: fatal error: nosuch.c: No such file or directory",
    "src/main.c:12:5: error: expected ';' before '}' token",
    "/usr/bin/ld: main.o: undefined reference to `foo'",
    "configure: error: Package requirements (gtk+-3.0) were not met:",
    "CMake Error at CMakeLists.txt:4 (find_package):",
    "error[E0432]: unresolved import `foo`",
    "ModuleNotFoundError: No module named 'setuptools'",
    "AssertionError",
    "FAIL: tests/greeting-1",
    "not ok 3 - parses empty input",
    "test parse::empty ... FAILED",
    "# FAIL:  2",
    "/bin/sh: 1: cmake: not found",
    "dh_install: error: missing files, aborting",
    "dpkg-source: error: unrepresentable changes to source",
    "E: Unable to locate package foo",
    " sbuild-build-depends-main-dummy : Depends: foo but it is not installable",
    "Err:1 http://archive.example.org bookworm InRelease",
    "mini-buildd: the build is ended (timeout_total)",
    "Segmentation fault (core dumped)",
  ])("cause: %s", (line) => {
    expect(kindOf(line)).toBe("cause");
  });

  it.each([
    "make[2]: *** [Makefile:12: all] Error 2",
    "make: *** [debian/rules:5: build] Error 1",
    "dpkg-buildpackage: error: debian/rules binary subprocess returned exit status 2",
    "dh_auto_test: error: make -j1 check returned exit code 2",
    "E: Build failure (dpkg-buildpackage died)",
  ])("consequence: %s", (line) => {
    expect(kindOf(line)).toBe("consequence");
  });

  it.each([
    "",
    "checking for error_at_line... yes",
    "Setting up libgpg-error0:amd64 (1.46-1) ...",
    "gcc -Werror -c errors.c -o errors.o",
    "# FAIL:  0",
    "0 errors, 0 warnings",
    "rm: cannot remove '/srv/work/31/root/x': Permission denied",
    "I: Built successfully",
  ])("nothing: %s", (line) => {
    expect(kindOf(line)).toBe("none");
  });
});

describe("findErrorLines", () => {
  it("keeps the first and the last causes and the last words of make, in their order", () => {
    const causes = Array.from({ length: 100 }, (_value, index) => `a.c:${index}:1: error: number ${index}`);
    const found = findErrorLines(["make", ...causes, "make: *** [all] Error 1", "bye"].join("\n"));

    expect(found.map(({ line }) => line)).toEqual([2, 3, 4, 5, 6, 97, 98, 99, 100, 101, 102]);
    expect(found.at(-1)?.text).toBe("make: *** [all] Error 1");
  });

  it("cuts long lines", () => {
    expect(findErrorLines(`x: error: ${"y".repeat(10_000)}`)[0]?.text).toHaveLength(400);
  });

  it("takes linear time for hostile lines", () => {
    const began = performance.now();
    findErrorLines(`${"error ".repeat(200_000)}\n${"a:".repeat(200_000)}\n${"-Werror".repeat(100_000)}`);
    expect(performance.now() - began).toBeLessThan(2000);
  });
});
