import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestHttp, type TestHttp } from "./testing.ts";

let server: TestHttp;
beforeEach(async () => {
  server = await createTestHttp();
});
afterEach(() => server.close());

test("a file of a build is a download, never shown as a page", async () => {
  const answer = await server.http.app.inject("/builds/1/files/x.buildinfo");

  expect(answer.statusCode).toBe(200);
  expect(answer.body).toBe("info");
  expect(answer.headers["content-disposition"]).toBe("attachment");
});

test.each(["/builds/1/files/other", "/builds/x/files/x.buildinfo", "/builds/1/files/..%2f..%2fetc%2fpasswd"])(
  "%s is not found",
  async (path) => {
    expect((await server.http.app.inject(path)).statusCode).toBe(404);
  },
);
