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
  ["::", 127],
  ["::ffff:0:0", 96],
  ["64:ff9b::", 96],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
] as const) {
  PRIVATE_6.addSubnet(net, bits, "ipv6");
}

export function isPrivateAddress(address: string): boolean {
  return isIP(address) === 6 ? PRIVATE_6.check(address, "ipv6") : PRIVATE_4.check(address, "ipv4");
}
