import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addressGroup, isNetwork, networkMatch, plainAddress } from "./address.ts";

describe("an address as people write it", () => {
  test.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::FFFF:c000:201", "192.0.2.1"],
    ["0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8::1", "2001:db8::1"],
    ["::192.0.2.1", "::192.0.2.1"],
    ["fe80::1%eth0", "fe80::1%eth0"],
    ["local", "local"],
    ["", ""],
    [undefined, ""],
  ])("%s is %s", (given, plain) => {
    expect(plainAddress(given)).toBe(plain);
  });
});

describe("what limits count by", () => {
  test.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:DB8:1:2::9", "2001:db8:1:2::/64"],
    ["2001:db8::", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["64:ff9b::192.0.2.1", "64:ff9b:0:0::/64"],
    ["local", "local"],
  ])("of %s is %s", (address, group) => {
    expect(addressGroup(address)).toBe(group);
  });

  test("any other address of the same /64 counts as the same", () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), (address, host) => {
        fc.pre(addressGroup(address).endsWith("/64"));
        const network = addressGroup(address).replace("::/64", "");
        const low = [48n, 32n, 16n, 0n].map((shift) => ((host >> shift) & 0xffffn).toString(16)).join(":");
        expect(addressGroup(`${network}:${low}`)).toBe(addressGroup(address));
        expect(networkMatch([`${network}::/64`])(address)).toBe(true);
      }),
    );
  });
});

describe("networks", () => {
  test.each(["127.0.0.1", "10.0.0.0/8", "0.0.0.0/0", "::1", "2001:db8::/32", "fd00::/128"])(
    "%s is one",
    (text) => expect(isNetwork(text)).toBe(true),
  );

  test.each([
    ..."|localhost|127.0.0|10.0.0.0/33|10.0.0.0/|10.0.0.0/8/8|10.0.0.0/-1|10.0.0.0/08|::/129".split("|"),
    ...["fe80::1%eth0", "::1/x", " 127.0.0.1", "127.0.0.1,::1"],
  ])("'%s' is none", (text) => {
    expect(isNetwork(text)).toBe(false);
  });

  test("hold the addresses below them, mapped ones, too, and nothing else", () => {
    const isIn = networkMatch(["127.0.0.1", "10.1.0.0/16", "2001:db8::/32"]);

    const yes = ["127.0.0.1", "::ffff:127.0.0.1", "10.1.2.3", "2001:db8:ffff::1", "2001:db8::1%eth0"];
    const no = ["127.0.0.2", "10.2.0.1", "2001:db9::1", "::1", "", "local", "10.1.2", "unknown"];
    expect(yes.filter(isIn)).toEqual(yes);
    expect(no.filter(isIn)).toEqual([]);
    expect(networkMatch([])("127.0.0.1")).toBe(false);
  });
});
