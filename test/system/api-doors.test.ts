import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allCalls, type CallDefinition, type CallName } from "#api";
import { expectNothingInside } from "./api-expect.ts";
import { type ApiScene, createApiScene } from "./api-scene.ts";
import { ROWS } from "./api-table.ts";

// One call has one answer, whichever door it is asked at.
let scene: ApiScene;
beforeAll(async () => {
  scene = await createApiScene();
});
afterAll(async () => await scene?.close());

type Given = Readonly<Record<string, string>>;

/** A result, or the sentence of a refusal. */
type Answer = { readonly result: unknown } | { readonly refusal: string };

/** Of `status`: how busy the instance is at the moment. */
const ONLY_NOW: readonly string[] = ["load"];

function withoutNow(result: unknown): unknown {
  if (typeof result !== "object" || result === null || Array.isArray(result)) return result;
  return Object.fromEntries(Object.entries(result).filter(([name]) => !ONLY_NOW.includes(name)));
}

async function askHttp(path: string): Promise<Answer> {
  const answer = await scene.client.ask({ path, headers: scene.admin.headers });
  const said = answer.json();
  return answer.status === 200
    ? { result: withoutNow(said) }
    : { refusal: (said as { detail: string }).detail };
}

async function askProgram(call: CallDefinition, given: Given, endpoint: readonly string[]): Promise<Answer> {
  const positional: string[] = [];
  const words: string[] = [];
  for (const argument of Object.values(call.arguments)) {
    const value = given[argument.identity];
    if (value === undefined) continue;
    if (argument.positional) positional.push(value);
    else words.push(argument.ids[0] ?? "", ...(argument.needsValue ? [value] : []));
  }
  const [where = "", ...credentials] = endpoint;
  const args = ["api", where, call.name, "--json", ...credentials, ...words, ...positional];
  const { exitCode, stdout, stderr } = await scene.instance.cli(args);
  if (exitCode === 0) {
    expect(stderr, call.name).toBe("");
    return { result: withoutNow(JSON.parse(stdout)) };
  }
  expect(stdout, call.name).toBe("");
  expectNothingInside(stderr, call.name);
  return { refusal: stderr.replace(/^Error: /, "").split("\n")[0] ?? "" };
}

const reading = allCalls().filter((call) => !call.changes);

describe.each(reading.map((call) => [call.name, call] as const))("%s", (name, call) => {
  const row = ROWS[name as CallName];

  test("answers the same by HTTP, by the original's address, by the program, and to the program on the socket", async () => {
    for (const given of [row.given(scene.things), ...(row.variants?.(scene.things) ?? [])]) {
      const query = new URLSearchParams({ ...given, output: "json" });
      const about = `${name} ${JSON.stringify(given)}`;

      const answer = await askHttp(`/api/${name}?${query}`);

      expect(await askHttp(`/mini_buildd/api/?call=${name}&${query}`), about).toEqual(answer);
      const remote = [scene.instance.url, "--token", `@${scene.tokenFile}`];
      expect(await askProgram(call, given, remote), about).toEqual(answer);
      expect(await askProgram(call, given, ["local"]), about).toEqual(answer);
    }
  });

  test("its plain form is its text, or the same JSON for people", async () => {
    const query = new URLSearchParams(row.given(scene.things));
    const ask = (output: string) =>
      scene.client.ask({ path: `/api/${name}?output=${output}&${query}`, headers: scene.admin.headers });

    const [plain, json] = [await ask("plain"), await ask("json")];

    expect(plain.status).toBe(json.status);
    if (json.status !== 200) return;
    const result = json.json();
    if (typeof result === "string") expect(plain.text.trimEnd()).toBe(result.trimEnd());
    else expect(withoutNow(JSON.parse(plain.text))).toEqual(withoutNow(result));
  });
});

test("some of them have something to tell", async () => {
  const { source, distribution, version } = scene.things;

  const found = await askHttp(`/api/ls?output=json&source=${source}`);

  expect(found).toMatchObject({ result: { [distribution]: { version, binaries: [source] } } });
});
