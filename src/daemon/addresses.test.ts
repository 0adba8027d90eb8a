import { expect, test } from "vitest";
import { addressesOf, withRealPorts } from "./addresses.ts";

const ports = { httpPort: 8066, ftpPort: 8067 };

test("the public address is that of the proxy, else of this machine; uploads by FTP go to this machine", () => {
  const url = "https://mini-buildd.example.org";

  expect(addressesOf("build.example.net", ports)).toEqual({
    ...{ url: "http://build.example.net:8066", incomingUrl: "ftp://build.example.net:8067", ftpPort: 8067 },
  });
  expect(addressesOf("2001:db8::1", ports)).toMatchObject({ url: "http://[2001:db8::1]:8066" });
  expect(addressesOf("build.example.net", { ...ports, url })).toEqual({
    ...{ url, incomingUrl: "ftp://build.example.net:8067", ftpPort: 8067 },
  });
});

test("any free port is a real one before anything listens there, and the two are not the same", async () => {
  const options = await withRealPorts({ listen: "127.0.0.1", httpPort: 0, ftpPort: 0 });

  expect(options.httpPort).toBeGreaterThan(1023);
  expect(options.ftpPort).toBeGreaterThan(1023);
  expect(options.httpPort).not.toBe(options.ftpPort);
  expect(addressesOf("localhost", options).url).toBe(`http://localhost:${options.httpPort}`);
});

test("ports that are given stay as they are, and an address that is not ours is told", async () => {
  expect(await withRealPorts({ listen: "127.0.0.1", ...ports })).toMatchObject(ports);

  await expect(withRealPorts({ listen: "192.0.2.1", httpPort: 0, ftpPort: 0 })).rejects.toMatchObject({
    code: "bad_configuration",
    message: expect.stringContaining("cannot listen on 192.0.2.1"),
  });
});
