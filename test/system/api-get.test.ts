import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { allCalls, type CallName, OUTPUTS } from "#api";
import {
  dumpDatabase,
  dumpFiles,
  HOSTILE_TEXTS,
  inAddress,
  MAY_CHANGE,
  type PlainAnswer,
  waitFor,
} from "#testing";
import { type ApiScene, type Caller, createApiScene, NOBODY, type Things } from "./api-scene.ts";
import { ROWS } from "./api-table.ts";

// Whatever address is opened, by whomever: nothing is different afterwards (RFC 9110 9.2.1).
let scene: ApiScene;
beforeAll(async () => {
  scene = await createApiScene();
  await waitUntilIdle();
});
afterAll(async () => await scene?.close());

const SOURCES = fileURLToPath(new URL("../../src", import.meta.url));
const PAGES_AT_MOST = 300;
/** Of the hostile texts each argument gets one of so many, the next one the following; all of them are for the fuzz tests. */
const EVERY = 4;

async function waitUntilIdle(): Promise<void> {
  const open = "SELECT count(*) AS n FROM job WHERE state IN ('queued', 'leased')";
  await waitFor(() => (scene.instance.rows(open)[0]?.n === 0 ? true : undefined), {
    timeoutMs: 120_000,
    what: "no work is left",
  });
}

async function state(): Promise<{ rows: string[]; files: string[] }> {
  const { home } = scene.instance;
  return {
    rows: dumpDatabase(join(home, "mini-buildd.sqlite"), MAY_CHANGE),
    files: await dumpFiles(join(home, "repositories")),
  };
}

/** Runs requests and compares what is there before and after. */
async function expectNothingChanged(requests: () => Promise<void>): Promise<void> {
  const before = await state();
  await requests();
  await waitUntilIdle();
  const after = await state();
  expect(after.rows).toEqual(before.rows);
  expect(after.files).toEqual(before.files);
}

async function get(path: string, who: Caller, method: "GET" | "HEAD" = "GET"): Promise<PlainAnswer> {
  const headers = { accept: "text/html,application/xhtml+xml,*/*;q=0.8", ...who.headers };
  const answer = await scene.client.ask({ path, headers, method });
  if (method === "HEAD") return answer;
  const said = `${method} ${path.slice(0, 300)} by ${who.name}: ${answer.status} ${answer.text.slice(0, 300)}`;
  if (answer.status >= 500)
    expect(answer.text, said).toMatch(/not available yet|engine is stopped|there already/);
  return answer;
}

const everybody = () => [NOBODY, ...scene.callers];
/** One of each level, in a browser. */
const differentPeople = () => everybody().filter(({ name }) => /^nobody$|by session$/.test(name));

test("all calls with arguments that make sense, confirmed, in every form, by everybody", async () => {
  await expectNothingChanged(async () => {
    for (const { name } of allCalls()) {
      const given = ROWS[name as CallName].given(scene.things);
      for (const output of OUTPUTS) {
        for (const who of everybody()) {
          const query = new URLSearchParams({ ...given, output, confirm: name });
          await get(`/api/${name}?${query}`, who);
          await get(`/api/${name}?${query}`, who, "HEAD");
          await get(`/api/${name}?form=1&${query}`, who);
          await get(`/mini_buildd/api/?call=${name}&${query}`, who);
        }
      }
    }
  });
});

test("all calls with hostile arguments, confirmed, by an administrator", async () => {
  let serial = 0;
  await expectNothingChanged(async () => {
    for (const call of allCalls()) {
      const given = ROWS[call.name as CallName].given(scene.things);
      for (const argument of [...Object.keys(call.arguments), "confirm", "output", "form", "call"]) {
        serial += 1;
        const texts = HOSTILE_TEXTS.filter((_, index) => index % EVERY === serial % EVERY);
        for (const [index, text] of texts.entries()) {
          const { [argument]: _, ...others } = given;
          const query = new URLSearchParams({ confirm: call.name, ...others });
          query.delete(argument);
          const output = OUTPUTS[index % OUTPUTS.length] ?? "json";
          const last = argument === "output" ? "" : `&output=${output}`;
          await get(`/api/${call.name}?${query}&${argument}=${inAddress(text)}${last}`, scene.admin);
        }
      }
    }
  });
});

/** Addresses of pages as the program has them, with `:parameters`, and of all other things one can get. */
async function knownPatterns(): Promise<string[]> {
  const found = new Set<string>();
  const names = await readdir(SOURCES, { recursive: true });
  for (const name of names.filter((each) => /^(?:http|web)\/.*\.tsx?$/.test(each) && !/test/.test(each))) {
    const text = await readFile(join(SOURCES, name), "utf8");
    const isTable = /create-pages|pages\/index/.test(name);
    const routes = text.matchAll(/\.(?:get|head)(?:<[^(]*>)?\(\s*"(\/[^"]*)"/g);
    const pages = text.matchAll(isTable ? /^\s*"(\/[^"]*)":|path: "(\/[^"]*)"/gm : /path: "(\/[^"]*)"/g);
    for (const match of [...routes, ...pages]) found.add(match[1] ?? match[2] ?? "");
  }
  found.delete("");
  return [...found].sort();
}

function valuesOf(parameter: string, things: Things): readonly string[] {
  const { distribution, source, version } = things;
  const known: Readonly<Record<string, readonly string[]>> = {
    distribution: [distribution],
    source: [source, "mbd-failed"],
    version: [version],
    call: ["status", "setup"],
    name: ["admin-user", "daily"],
    user: ["login-user"],
    repository: ["test"],
  };
  return [...(known[parameter] ?? ["1", "2"]), "no-such-thing", "..%2f..%2fetc", "%00", "%3Cscript%3E"];
}

function addresses(pattern: string, things: Things): string[] {
  const parameter = /:(\w+)|\*/.exec(pattern);
  if (parameter === null) return [pattern];
  const values = parameter[1] === undefined ? ["x", "test/dists/"] : valuesOf(parameter[1], things);
  return values.flatMap((value) => addresses(pattern.replace(parameter[0], value), things));
}

/** Addresses on a page: of links, and of forms, with what the form would send. */
function leadsTo(html: string): string[] {
  const links = [...html.matchAll(/<(?:a|form|link|script)\b[^>]*?\b(?:href|action|src)="(\/[^"#]*)/g)];
  const fields = [...html.matchAll(/<input[^>]*\bname="([^"]+)"/g)].map((match) => match[1] ?? "");
  const sent = new URLSearchParams(fields.map((name) => [name, "x"]));
  return links.flatMap((match) => {
    const address = (match[1] ?? "").replaceAll("&amp;", "&");
    const isForm = match[0].startsWith("<form");
    return isForm && !address.includes("?") ? [address, `${address}?${sent}`] : [address];
  });
}

test("every page, and everything that leads on from it, by everybody", async () => {
  const patterns = await knownPatterns();
  expect(patterns).toEqual(expect.arrayContaining(["/", "/packages/:source", "/builds/:id", "/api/:call"]));
  // A stream of events or of a log that goes on is read elsewhere: it would never end.
  const start = patterns.flatMap((pattern) => addresses(pattern, scene.things));
  const opened: string[] = [];

  await expectNothingChanged(async () => {
    for (const who of differentPeople()) {
      const known = new Set([...start, `/packages/?q=${inAddress('"><b>')}`]);
      let left = PAGES_AT_MOST + start.length;
      for (const path of known) {
        left -= 1;
        if (left < 0) break;
        const answer = await get(path, who);
        if (answer.status === 200) opened.push(path);
        if (answer.headers["content-type"]?.startsWith("text/html") === true)
          for (const next of leadsTo(answer.text)) known.add(next);
      }
    }
  });

  expect(opened).toEqual(
    expect.arrayContaining([
      "/",
      `/packages/${scene.things.source}`,
      `/distributions/${scene.things.distribution}`,
    ]),
  );
});
