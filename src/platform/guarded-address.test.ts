import type { lookup } from "node:dns";
import { expect, test } from "vitest";
import { guardedLookup, isPrivateAddress, privateAddressIn } from "./index.ts";

test.each([
  "127.0.0.1",
  "10.1.2.3",
  "169.254.169.254",
  "::1",
  "::ffff:127.0.0.1",
  "::127.0.0.1",
  "fe80::1",
  "fec0::1",
  "100.64.0.1",
  "0.0.0.0",
  "fe80::1%eth0",
  // Ways to 10.0.0.1: NAT64, 6to4; and Teredo.
  "64:ff9b::a00:1",
  "64:ff9b:1::a00:1",
  "2002:a00:1::1",
  "2001::a00:1",
])("%s is a private address", (address) => expect(isPrivateAddress(address)).toBe(true));
test.each(["93.184.216.34", "2606:2800::1", "2001:db8::1"])("%s is a public address", (address) =>
  expect(isPrivateAddress(address)).toBe(false),
);

test.each([
  ["http://127.1/", "127.0.0.1"],
  ["http://0x7f000001/", "127.0.0.1"],
  ["http://[::1]:80/", "::1"],
  ["http://93.184.216.34/", undefined],
  ["http://localhost/", undefined],
])("%s names the private address %s", (url, address) => {
  expect(privateAddressIn(new URL(url))).toBe(address);
});

test("a name that leads to this machine is refused", async () => {
  const look = guardedLookup((address) => new Error(`refused ${address}`)) as typeof lookup;

  const looked = new Promise((resolve) => {
    look("localhost", { all: true }, (error) => resolve(error?.message));
  });

  expect(await looked).toMatch(/^refused (127\.|::1)/);
});
