import { BlockList, isIP, isIPv4, isIPv6 } from "node:net";

/** An address as people write it: IPv4 mapped into IPv6 (RFC 4291, 2.5.5.2) becomes plain IPv4. */
export function plainAddress(address: string | undefined): string {
  const text = address ?? "";
  if (!isIPv6(text)) return text;
  const groups = groupsOf(text);
  if (groups.slice(0, 5).some((group) => group !== 0) || groups[5] !== 0xffff) return text;
  return groups
    .slice(6)
    .flatMap((group) => [group >> 8, group & 0xff])
    .join(".");
}

/**
 * What limits per address count by: an IPv4 address, or the /64 network of an IPv6 one, as one host can use any
 * address of that network.
 */
export function addressGroup(address: string): string {
  const plain = plainAddress(address);
  if (!isIPv6(plain)) return plain;
  return `${groupsOf(plain)
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(":")}::/64`;
}

/** The eight numbers of an IPv6 address (RFC 4291, 2.2), without its zone. */
function groupsOf(address: string): number[] {
  const [bare = ""] = address.split("%");
  const [head = "", tail] = bare.replace(/\d+\.\d+\.\d+\.\d+$/, inGroups).split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  const groups = [...first, ...Array.from({ length: zeros }, () => "0"), ...last];
  return groups.map((group) => Number.parseInt(group, 16));
}

/** The last 32 bits may be written as an IPv4 address. */
function inGroups(ipv4: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = ipv4.split(".").map(Number);
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

/** `ADDRESS` or `ADDRESS/LENGTH` (CIDR, RFC 4632). */
export function isNetwork(text: string): boolean {
  const [address = "", length, ...more] = text.split("/");
  const bits = isIPv4(address) ? 32 : 128;
  if (isIP(address) === 0 || address.includes("%") || more.length > 0) return false;
  return length === undefined || (/^(?:0|[1-9][0-9]{0,2})$/.test(length) && Number(length) <= bits);
}

/** Tells whether an address is in one of these networks. @param networks as {@link isNetwork} has them */
export function networkMatch(networks: readonly string[]): (address: string) => boolean {
  const known = new BlockList();
  for (const network of networks) {
    const [address = "", length] = network.split("/");
    const family = isIPv4(address) ? "ipv4" : "ipv6";
    known.addSubnet(address, Number(length ?? (family === "ipv4" ? 32 : 128)), family);
  }
  return (address) => {
    const [plain = ""] = plainAddress(address).split("%");
    return isIP(plain) !== 0 && known.check(plain, isIPv4(plain) ? "ipv4" : "ipv6");
  };
}
