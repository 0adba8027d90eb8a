import { request } from "node:http";
import { createConnection } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SESSION_HEADER } from "#incoming";
import { createTestHttp, type TestHttp } from "./testing.ts";

let server: TestHttp;
let port: number;
beforeEach(async () => {
  server = await createTestHttp();
  ({ port } = await server.http.start({ listen: "127.0.0.1", port: 0, socket: server.socket }));
});
afterEach(async () => await server.close());

interface Answer {
  status: number;
  reason: string;
  body: string;
  location: string | undefined;
}

async function put(
  path: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
  method = "PUT",
) {
  return await new Promise<Answer>((resolve, reject) => {
    const outgoing = request({ port, path, method, headers }, (response) => {
      text(response).then((all) => {
        const { statusCode = 0, statusMessage: reason = "" } = response;
        resolve({ status: statusCode, reason, body: all, location: response.headers.location });
      }, reject);
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

describe("PUT", () => {
  test("a new file is 201, the same again 200, the sentence also in the reason", async () => {
    const first = await put("/upload/hello_1.0.dsc", "content");
    expect([first.status, first.reason]).toEqual([201, "Received."]);
    expect((await put("/upload/hello_1.0.dsc", "content")).status).toBe(200);
    expect(server.incoming.files.get("address:127.0.0.1")?.get("hello_1.0.dsc")?.toString()).toBe("content");
  });
  test("a .changes that clients call a form or JSON is taken as it is", async () => {
    for (const type of [
      "application/x-www-form-urlencoded",
      "application/json",
      "text/plain",
      "multipart/form-data",
    ]) {
      const name = `hello_1.0_${type.replace(/[^a-z]/g, "")}.changes`;
      expect((await put(`/upload/${name}`, "a=b&c", { "content-type": type })).status).toBe(201);
      expect(server.incoming.files.get("address:127.0.0.1")?.get(name)?.toString()).toBe("a=b&c");
    }
  });
  test("the one that completes an upload says where it is", async () => {
    server.incoming.complete = () => "/uploads/17";
    expect((await put("/upload/hello_1.0_source.changes", "x")).location).toBe("/uploads/17");
  });
  test("long names and encoded characters arrive", async () => {
    const name = `hello_${"1".repeat(200)}~a+b.dsc`;
    expect((await put(`/upload/${encodeURIComponent(name).replace("~", "%7e")}`, "x")).status).toBe(201);
    expect([...(server.incoming.files.get("address:127.0.0.1")?.keys() ?? [])]).toEqual([name]);
  });
  test("an empty file is a file", async () => {
    expect((await put("/upload/empty.txt", "")).status).toBe(201);
  });
});

describe("sessions", () => {
  test.each([
    ["a token", { [SESSION_HEADER]: "0123456789abcdef" }, "session:0123456789abcdef"],
    ["a user", { authorization: `Basic ${Buffer.from("jane:secret").toString("base64")}` }, "user:jane"],
    ["an API token", { authorization: "Bearer staff-token" }, "token:ci"],
    ["an address", {}, "address:127.0.0.1"],
  ])("by %s", async (_name, headers, key) => {
    await put("/upload/a.dsc", "x", headers);
    expect([...server.incoming.files.keys()]).toEqual([key]);
  });
  test("HEAD knows the files of its own session only", async () => {
    await put("/upload/a.dsc", "x", { [SESSION_HEADER]: "0123456789abcdef" });
    const mine = await put("/upload/a.dsc", "", { [SESSION_HEADER]: "0123456789abcdef" }, "HEAD");
    expect(mine.status).toBe(200);
    expect((await put("/upload/a.dsc", "", {}, "HEAD")).status).toBe(404);
  });
});

describe("refusals say why in the reason phrase", () => {
  test.each([
    "/upload/..%2fx.dsc",
    "/upload/.hidden",
    "/upload/a/b.dsc",
    "/upload/",
    "/upload/a%0ab",
    "/upload/ä.dsc",
  ])("%s", async (path) => {
    const answer = await put(encodeURI(decodeURI(path)), "x");
    expect([answer.status, answer.reason]).toEqual([
      400,
      expect.stringContaining("not an acceptable file name."),
    ]);
    expect(server.incoming.files.size).toBe(0);
  });
  test("a file too large, to a client that sends all of it before it listens", async () => {
    const answer = await put("/upload/big.tar", Buffer.alloc(8_000_000));
    expect([answer.status, answer.reason]).toEqual([413, "The file is larger than allowed."]);
    expect(answer.body).toContain("larger than allowed");
  });
  test("a stopped engine", async () => {
    server.incoming.running = false;
    expect(await put("/upload/a.dsc", "x")).toMatchObject({ status: 503, reason: "The engine is stopped." });
  });
  test("wrong credentials", async () => {
    expect((await put("/upload/a.dsc", "x", { authorization: "Bearer wrong" })).status).toBe(401);
  });
  test("other methods", async () => {
    expect((await put("/upload/a.dsc", "", {}, "GET")).status).toBe(404);
    expect((await put("/upload/a.dsc", "", {}, "DELETE")).status).toBe(404);
  });
});

test("a client that goes away in the middle leaves nothing behind", async () => {
  const socket = createConnection({ port });
  socket.write("PUT /upload/a.dsc HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf");
  await new Promise((resolve) => socket.once("connect", resolve));
  socket.destroy();
  expect((await put("/upload/b.dsc", "x")).status).toBe(201);
  expect([...(server.incoming.files.get("address:127.0.0.1")?.keys() ?? [])]).toEqual(["b.dsc"]);
});
