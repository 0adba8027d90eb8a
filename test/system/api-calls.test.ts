import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasLevel } from "#accounts";
import { allCalls, CALLS, type CallDefinition, type CallName, type Output } from "#api";
import type { PlainAnswer } from "#testing";
import { ALL_OUTPUTS, expectNothingInside, expectRefusal } from "./api-expect.ts";
import { type ApiScene, type Caller, createApiScene, NOBODY } from "./api-scene.ts";
import { badRequests, NOT_AVAILABLE, type Refusal, ROWS } from "./api-table.ts";

// Every call of the registry, asked in every wrong way there is, of one real instance.
let scene: ApiScene;
beforeAll(async () => {
  scene = await createApiScene();
});
afterAll(async () => await scene?.close());

type Given = Readonly<Record<string, unknown>>;

/** As a program would: what changes something by POST, all else by GET. */
async function ask(call: CallDefinition, given: Given, who: Caller, output: Output): Promise<PlainAnswer> {
  const { headers } = who;
  const path = `/api/${call.name}?output=${output}`;
  if (call.changes) return await scene.client.ask({ method: "POST", path, headers, body: given });
  return await scene.client.ask({
    path: `${path}&${new URLSearchParams(given as Record<string, string>)}`,
    headers,
  });
}

async function askInJson(call: CallDefinition, given: Given): Promise<PlainAnswer> {
  const path = `/api/${call.name}?output=json`;
  const { headers } = scene.admin;
  return await scene.client.ask({ method: "POST", path, headers, body: given });
}

const rowOf = (call: CallDefinition) => ROWS[call.name as CallName];
const givenFor = (call: CallDefinition) => rowOf(call).given(scene.things);

/** What a call answers to somebody who may, but did not confirm it. */
function refusalOf(call: CallDefinition, who: Caller): Refusal | undefined {
  if (rowOf(call).ofUsers === true && who.user === undefined) return { status: 403, code: "not_a_user" };
  if (NOT_AVAILABLE.includes(call.name as CallName)) return { status: 503, code: "not_available" };
  return rowOf(call).refusal ?? (call.confirm ? { status: 428, code: "confirmation_missing" } : undefined);
}

test("the table has a row for each call, and none for what is no call", () => {
  expect(Object.keys(ROWS).sort()).toEqual(Object.keys(CALLS).sort());
});

describe.each(allCalls().map((call) => [call.name, call] as const))("%s", (name, call) => {
  test.each(ALL_OUTPUTS)("an argument that it does not know is refused, in %s", async (output) => {
    const answer = await ask(call, { ...givenFor(call), frobnicate: "1" }, scene.admin, output);

    expectRefusal(answer, { status: 400, code: "unknown_argument" }, output, name);
  });

  test.each(ALL_OUTPUTS)("each argument that it cannot do without is asked for, in %s", async (output) => {
    for (const { identity, required } of Object.values(call.arguments)) {
      if (!required) continue;
      const { [identity]: _, ...others } = givenFor(call);
      // A page that lacks an argument is asked for as a form; one with an argument too few is a mistake.
      const given = Object.keys(others).length === 0 ? { [identity]: "", ...others } : others;
      const answer = await ask(call, given, scene.admin, output);

      expectRefusal(answer, { status: 400, code: "missing_argument" }, output, `${name} without ${identity}`);
    }
  });

  test("a value of another kind than its argument's is refused", async () => {
    for (const { argument, given } of badRequests(call, rowOf(call), scene.things)) {
      const answer = await askInJson(call, given);

      const about = `${name} with ${argument} ${JSON.stringify(given[argument]).slice(0, 100)}`;
      const said = `${about}: ${answer.text.slice(0, 400)}`;
      const { code } = answer.json() as { code: string };
      expect(["bad_argument", "bad_distribution", "unknown_repository"], said).toContain(code);
      expectRefusal(answer, { status: code === "unknown_repository" ? 404 : 400, code }, "json", about);
    }
  });

  test("values that are no text at all are refused", async () => {
    for (const argument of Object.keys(call.arguments)) {
      for (const value of [{ a: "b" }, [["a"]], [1, 2], [{}]]) {
        const answer = await askInJson(call, { ...givenFor(call), [argument]: value });

        const about = `${name} with ${argument} ${JSON.stringify(value)}`;
        expectRefusal(answer, { status: 400, code: "bad_argument" }, "json", about);
      }
    }
  });

  test.each(ALL_OUTPUTS)("only who has its level gets on, in %s", async (output) => {
    for (const who of [NOBODY, ...scene.callers]) {
      const answer = await ask(call, givenFor(call), who, output);

      const about = `${name} by ${who.name}`;
      const may = hasLevel({ ...who, kind: "user" }, call.level);
      if (!may && who.level === "NONE")
        expectRefusal(answer, { status: 401, code: "unauthenticated" }, output, about);
      else if (!may) expectRefusal(answer, { status: 403, code: "forbidden" }, output, about);
      else expectGotOn(answer, call, who, output, about);
    }
  });

  // Of a call that only reads, a GET is how it is done.
  test.each(call.changes ? ALL_OUTPUTS : [])(
    "a GET of it does nothing, confirmed or not, in %s",
    async (output) => {
      const given = givenFor(call);
      const query = new URLSearchParams({ ...given, confirm: name, output });
      const { headers } = scene.admin;
      const answer = await scene.client.ask({ path: `/api/${name}?${query}`, headers });
      const original = await scene.client.ask({ path: `/mini_buildd/api/?call=${name}&${query}`, headers });

      const about = `GET ${name}`;
      const refused = { status: 405, code: "method_not_allowed" };
      if (output === "html" && Object.keys(given).length === 0) expectForm(answer, call);
      else if (call.confirm) expectGotOn(answer, call, scene.admin, output, about);
      else expectRefusal(answer, refused, output, about);
      expectRefusal(original, refused, output, `the original's ${name}`);
      expect(original.headers.allow).toBe("POST");
    },
  );
});

function expectForm(answer: PlainAnswer, call: CallDefinition): void {
  expect(answer.status, answer.text.slice(0, 400)).toBe(200);
  expect(answer.text).toContain("<form");
  expect(answer.text).toContain(`/api/${call.name}`);
}

/** Past the check of the level: an answer, the plan with what is missing, or the row's refusal. */
function expectGotOn(
  answer: PlainAnswer,
  call: CallDefinition,
  who: Caller,
  output: Output,
  about: string,
): void {
  const refusal = refusalOf(call, who);
  const said = `${about}: ${answer.text.slice(0, 400)}`;
  if (output === "html" && refusal?.code === "confirmation_missing") {
    expect(answer.status, said).toBe(200);
    expect(answer.text, said).toMatch(/<form method="post"|<button/);
    expect(answer.text, said).toContain(call.name);
    expectNothingInside(answer.text.replace(/<[^>]*>/g, " "), about);
  } else if (refusal !== undefined) expectRefusal(answer, refusal, output, about);
  else expect([answer.status, answer.headers["content-type"]], said).toEqual([200, TYPES[output]]);
  if (refusal?.code === "confirmation_missing" && output !== "html") {
    const { plan } = answer.json() as { plan: string[] };
    expect(plan, said).toEqual(plan.map(() => expect.stringMatching(/\S/)));
  }
}

const TYPES: Readonly<Record<Output, string>> = {
  html: "text/html; charset=utf-8",
  json: "application/json; charset=utf-8",
  plain: "text/plain; charset=utf-8",
};

test("what is not available yet is exactly what the table says", async () => {
  const answered: string[] = [];
  for (const call of allCalls()) {
    const answer = await ask(call, givenFor(call), scene.admin, "json");
    if (answer.status === 503 && (answer.json() as { code: string }).code === "not_available")
      answered.push(call.name);
  }

  expect(answered.sort()).toEqual([...NOT_AVAILABLE].sort());
});

test.each([
  "frobnicate",
  "__proto__",
  "constructor",
  "..",
  "%2e%2e%2f",
  "a%00b",
  "status%0a",
  "x".repeat(3000),
])("no call: %s", async (name) => {
  for (const output of ALL_OUTPUTS) {
    const answer = await scene.client.ask({
      path: `/api/${name}?output=${output}`,
      headers: scene.admin.headers,
    });

    expect([400, 404, 414], answer.text).toContain(answer.status);
    expectNothingInside(answer.text.replace(/<[^>]*>/g, " "), name);
  }
});

test("with the engine stopped, calls that need it say so, and all others go on", async () => {
  const needing = allCalls().filter((call) => call.needsRunning);
  expect(needing.length).toBeGreaterThan(5);
  const switchTo = (name: "start" | "stop") => askInJson(CALLS[name], { confirm: name });

  expect((await switchTo("stop")).json()).toMatchObject({ state: "stopped" });
  try {
    for (const call of needing) {
      const answer = await askInJson(call, { ...givenFor(call), confirm: call.name });
      expectRefusal(answer, { status: 503, code: "engine_stopped" }, "json", call.name);
      expect(answer.headers["retry-after"], call.name).toMatch(/^[0-9]+$/);
    }
    const status = await askInJson(CALLS.status, {});
    expect((status.json() as { load: number }).load).toBeLessThan(0);
  } finally {
    expect((await switchTo("start")).json()).toMatchObject({ state: "running" });
  }
});
