import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestHttp, type TestHttp } from "./testing.ts";

let server: TestHttp;
beforeEach(async () => {
  server = await createTestHttp();
});
afterEach(() => server.close());

const headers = { "content-type": "application/x-ndjson" };

async function post(payload: string, app = server.http.local) {
  const { statusCode, body } = await app.inject({ method: "POST", url: "/admin/archive", headers, payload });
  const lines = body.split("\n").filter((line) => line !== "");
  return { statusCode, answers: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

const ADD = '{"command":"add","distribution":"bookworm-acme-unstable"}\n';

test("a command with its files: progress, and last the report", async () => {
  const { statusCode, answers } = await post(`${ADD}"/a.deb"\n"/b c.deb"\n`);
  expect(statusCode).toBe(200);
  expect(answers).toEqual([
    { progress: { what: "reading", done: 1, total: 2 } },
    { report: { lines: ["/a.deb", "/b c.deb"], result: { command: "add" } } },
  ]);
});

test("more files than the body of any other request may hold", async () => {
  const names = Array.from({ length: 60_000 }, (_, number) => `"/${"d".repeat(200)}/${number}.deb"\n`);
  const { answers } = await post(ADD + names.join(""));
  expect(answers.at(-1)).toMatchObject({ report: { lines: { length: 60_000 } } });
});

test("a refusal in the midst of the answer is a problem", async () => {
  const { answers } = await post('{"command":"ls","distribution":"nope"}\n');
  expect(answers).toEqual([
    {
      error: expect.objectContaining({
        code: "not_found",
        status: 404,
        detail: "Distribution 'nope' was not found.",
      }),
    },
  ]);
});

test.each([
  ["", "names no command"],
  ["nonsense\n", "not JSON"],
  ['{"command":"rm"}\n', ""],
  ['{"command":"ls","more":1}\n', ""],
  [`${ADD}"relative.deb"\n`, "not an absolute file name"],
  [`${ADD}"/nul\\u0000.deb"\n`, "not an absolute file name"],
  [`${ADD}{"path":"/a.deb"}\n`, "not an absolute file name"],
])("refused before anything is done: %j", async (payload, words) => {
  const { statusCode, answers } = await post(payload);
  expect([statusCode, JSON.stringify(answers)]).toEqual([400, expect.stringContaining(words)]);
  expect(server.archiveAdmin.done).toEqual([]);
});

test("is on the machine's own socket only", async () => {
  const response = await server.http.app.inject({
    method: "POST",
    url: "/admin/archive",
    headers: { ...headers, authorization: "Bearer admin-token" },
    payload: '{"command":"ls"}\n',
  });
  expect(response.statusCode).toBeGreaterThanOrEqual(400);
  expect(server.archiveAdmin.done).toEqual([]);
});
