import { type LookupAddress, lookup } from "node:dns";
import { BlockList, isIP } from "node:net";

// Addresses that belong to this host or to a private network (RFC 1918, 3927, 4193, 4291, 5735, 6598).
// Two lists: in one, the mapped addresses (::ffff:0:0/96) would stand for all of IPv4.
const PRIVATE_4 = new BlockList();
const PRIVATE_6 = new BlockList();
for (const [net, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 3],
] as const) {
  PRIVATE_4.addSubnet(net, bits, "ipv4");
}
for (const [net, bits] of [
  ["::", 96],
  ["::ffff:0:0", 96],
  ["64:ff9b::", 96],
  ["64:ff9b:1::", 48],
  ["2001::", 32],
  ["2002::", 16],
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
] as const) {
  PRIVATE_6.addSubnet(net, bits, "ipv6");
}

export function isPrivateAddress(address: string): boolean {
  const [plain = ""] = address.split("%"); // a zone of the machine, as in fe80::1%eth0
  return isIP(plain) === 6 ? PRIVATE_6.check(plain, "ipv6") : PRIVATE_4.check(plain, "ipv4");
}

/** The host of a URL, when it is itself an address that is private: no name is looked up for it. */
export function privateAddressIn(url: URL): string | undefined {
  const host = url.hostname.replaceAll(/^\[|\]$/g, "");
  return isIP(host) !== 0 && isPrivateAddress(host) ? host : undefined;
}

/**
 * Looks names up for connections that somebody else asks for (security.md 9), and fails with `refuse(address)` when one
 * is private. What is looked up here is what is connected to, so no second answer of DNS gets around it; the caller
 * must not let connections be used again (`agent: false`).
 */
export function guardedLookup(refuse: (address: string) => Error): typeof lookup {
  const guarded = (host: string, options: unknown, callback: (...args: unknown[]) => void) => {
    lookup(host, { ...(options as object), all: true }, (error, addresses: LookupAddress[]) => {
      if (error !== null) return callback(error);
      const bad = addresses.find(({ address }) => isPrivateAddress(address));
      if (bad !== undefined) return callback(refuse(bad.address));
      if ((options as { all?: boolean }).all === true) return callback(null, addresses);
      return callback(null, addresses[0]?.address, addresses[0]?.family);
    });
  };
  return guarded as typeof lookup;
}
