import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createClientAddress } from "./client-address.ts";

const clientOf = createClientAddress(["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"]);
const from = (ip: string, forwarded?: string | string[]) =>
  clientOf({ ip, headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded } });

describe("the client", () => {
  test.each([
    ["of a connection", "192.0.2.1", undefined, "192.0.2.1"],
    ["of a connection by IPv4 in IPv6", "::ffff:192.0.2.1", undefined, "192.0.2.1"],
    ["is whom a trusted proxy names", "127.0.0.1", "192.0.2.1", "192.0.2.1"],
    ["is whom it names by IPv4 in IPv6", "::ffff:127.0.0.1", "::ffff:192.0.2.1", "192.0.2.1"],
    ["is whom it names last", "127.0.0.1", "198.51.100.1, 192.0.2.1", "192.0.2.1"],
    ["is whom it names last, in a second header", "127.0.0.1", ["198.51.100.1", "192.0.2.1"], "192.0.2.1"],
    ["is found through several proxies", "127.0.0.1", "192.0.2.1, 2001:db8::5,10.1.1.1", "192.0.2.1"],
    ["is not looked for behind one that is not trusted", "127.0.0.1", "10.0.0.1, 192.0.2.1", "192.0.2.1"],
    ["with a port", "127.0.0.1", "192.0.2.1:4711", "192.0.2.1"],
    ["with brackets and a port", "127.0.0.1", "[2001:ffff::1]:4711", "2001:ffff::1"],
    ["with brackets", "127.0.0.1", "[2001:ffff::1]", "2001:ffff::1"],
    ["is the first of all when all are trusted", "127.0.0.1", "10.0.0.1, 10.0.0.2", "10.0.0.1"],
    ["is the proxy when that names nobody", "127.0.0.1", undefined, "127.0.0.1"],
  ])("%s", (_what, ip, forwarded, client) => {
    expect(from(ip, forwarded)).toBe(client);
  });
});

describe("not believed is", () => {
  test.each([
    ["who is not trusted", "192.0.2.1", "127.0.0.1"],
    ["who is not trusted but claims a chain", "192.0.2.1", "203.0.113.9, 10.0.0.1, 127.0.0.1"],
    ["a trusted address at the wrong end", "2001:db9::1", "2001:db8::1"],
  ])("%s", (_what, ip, forwarded) => {
    expect(from(ip, forwarded)).toBe(ip);
  });

  test.each([
    ...[
      "",
      " ",
      ",",
      "unknown",
      "_hidden",
      "localhost",
      "192.0.2",
      "192.0.2.1.",
      "192.0.2.1:x",
      "192.0.2.1/32",
    ],
    ...["[::1", "[]", "::1%eth0", "2001:ffff::1:", "<script>", "198.51.100.1, nonsense", "a".repeat(10_000)],
  ])("what is no address: '%s'", (forwarded) => {
    expect(from("127.0.0.1", forwarded)).toBe("127.0.0.1");
  });

  test("what is no address, further back than proxies: the last that is known counts", () => {
    expect(from("127.0.0.1", "nonsense, 10.0.0.1")).toBe("10.0.0.1");
  });

  test("anybody without proxies", () => {
    const client = createClientAddress([])({ ip: "127.0.0.1", headers: { "x-forwarded-for": "192.0.2.1" } });

    expect(client).toBe("127.0.0.1");
  });

  test("text of any kind that a client put before what the proxy adds", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(from("127.0.0.1", `${text},192.0.2.1`)).toBe("192.0.2.1");
        expect(from("192.0.2.7", text)).toBe("192.0.2.7");
      }),
    );
  });
});
