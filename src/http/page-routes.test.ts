import { expect, test } from "vitest";
import { createTestHttp } from "./testing.ts";

test("pages get parameters, query and who asks", async () => {
  const withPage = await createTestHttp({
    pages: [
      {
        path: "/builds/:id",
        render: async (request) => ({
          status: 202,
          html: `<p>${JSON.stringify(request)}</p>`,
          headers: { "x-a": "b" },
        }),
      },
    ],
  });
  const answer = await withPage.http.app.inject({
    url: "/builds/17?a=1&a=2",
    headers: { authorization: "Bearer staff-token" },
  });
  expect([answer.statusCode, answer.headers["x-a"]]).toEqual([202, "b"]);
  expect(JSON.parse(answer.body.slice(3, -4))).toEqual({
    params: { id: "17" },
    query: { a: "2" },
    principal: { level: "STAFF", kind: "token", name: "ci" },
    url: "/builds/17?a=1&a=2",
  });
  await withPage.close();
});

test("what a page loads has its own type and is not sent again while it is the same", async () => {
  const headers = {
    "content-type": "text/css; charset=utf-8",
    "cache-control": "public, immutable",
    etag: '"abc"',
  };
  const withAsset = await createTestHttp({
    pages: [{ path: "/assets/1/style.css", render: async () => ({ status: 200, html: "body{}", headers }) }],
  });
  const first = await withAsset.http.app.inject("/assets/1/style.css");
  expect(first.headers).toMatchObject(headers);
  const again = await withAsset.http.app.inject({
    url: "/assets/1/style.css",
    headers: { "if-none-match": '"xyz", W/"abc"' },
  });
  expect([again.statusCode, again.body]).toEqual([304, ""]);
  await withAsset.close();
});
