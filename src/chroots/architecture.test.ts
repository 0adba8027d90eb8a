import { expect, test } from "vitest";
import { planArchitecture } from "./architecture.ts";

const binfmt = (flags: string) => async (name: string) =>
  name === "qemu-aarch64"
    ? `enabled\ninterpreter /usr/bin/qemu-aarch64-static\nflags: ${flags}\n`
    : undefined;

test.each([
  ["amd64", "amd64", { runs: true, prefix: [], emulated: false }],
  ["amd64", "i386", { runs: true, prefix: ["setarch", "i686"], emulated: false }],
  ["arm64", "armhf", { runs: true, prefix: ["setarch", "armv7l"], emulated: false }],
  ["amd64", "arm64", { runs: true, prefix: [], emulated: true }],
  ["amd64", "s390x", { runs: false, reason: expect.stringContaining("no_binfmt: 'qemu-s390x'") }],
])("on %s: %s", async (host, arch, plan) => {
  expect(await planArchitecture(host, arch, binfmt("OCF"))).toEqual(plan);
});

test("an emulator that is not fixed in the kernel cannot be reached from a chroot", async () => {
  expect(await planArchitecture("amd64", "arm64", binfmt("OC"))).toMatchObject({ runs: false });
});
