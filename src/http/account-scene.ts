import { type Accounts, createAccounts } from "#accounts";
import { type Database, openTestDatabase } from "#db";
import { readKeys } from "#keys";
import { exec } from "#platform";
import type { HttpDeps } from "./deps.ts";
import { createTestHttp } from "./testing.ts";

/** Pages that show as text what they are given; the real ones are in `#web`. */
const OWN_PAGES = ["", "sign-in", "register", "confirm", "forgot", "reset"].map((path) => `/account/${path}`);
const pages = [...OWN_PAGES, "/users/:id"].map((path) => ({
  path,
  render: async (request: object) => ({ status: 200, html: JSON.stringify(request) }),
}));

export const PASSWORD = "correct horse battery";
/** What a browser on a page of this instance sends. */
export const OWN = { origin: "http://build.example.org:8066", host: "build.example.org:8066" };

export type Fields = Readonly<Record<string, string | readonly string[]>>;
/** Headers; the `id` of users, who are given whole, is none. */
export type More = Readonly<Record<string, string | number>>;

export interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

export interface SceneUser extends Record<string, string | number> {
  readonly id: number;
  readonly cookie: string;
}

/** An instance with real accounts, and browsers that send forms to it. */
export interface AccountScene {
  readonly db: Database;
  readonly accounts: Accounts;
  /** Bodies of mails, where mail works. */
  readonly mails: string[];
  post(path: string, fields?: Fields, more?: More): Promise<Answer>;
  get(path: string, more?: More): Promise<Answer>;
  signIn(name: string, password?: string): Promise<{ cookie: string }>;
  /** A user who is signed in. */
  makeUser(name: string, level?: "LOGIN" | "STAFF" | "ADMIN"): Promise<SceneUser>;
  /** Lets time pass. */
  wait(seconds: number): void;
  close(): Promise<void>;
}

export async function createScene(
  options: { mail?: boolean } & Partial<HttpDeps> = {},
): Promise<AccountScene> {
  const { mail = false, ...more } = options;
  const db = await openTestDatabase();
  const mails: string[] = [];
  let now = new Date("2026-03-05T12:00:00Z");
  const clock = { now: () => now };
  const accounts = createAccounts({
    ...{ db, clock, readKeys: (bytes) => readKeys(bytes, exec) },
    url: async () => "http://build.example.org:8066",
    ...(mail ? { mail: async (_tx: unknown, { body }: { body: string }) => void mails.push(body) } : {}),
  });
  const server = await createTestHttp({ accounts, people: accounts, pages, clock, ...more });

  async function ask(method: "GET" | "POST", url: string, given: More, payload?: string): Promise<Answer> {
    const headers = Object.fromEntries(Object.entries(given).filter(([name]) => name !== "id"));
    const answer = await server.http.app.inject({
      ...{ method, url, headers: { accept: "text/html", ...OWN, ...headers } },
      ...(payload === undefined ? {} : { payload }),
    });
    const { statusCode: status, body } = answer;
    return { status, body, location: answer.headers.location, headers: answer.headers };
  }

  const scene: AccountScene = {
    ...{ db, accounts, mails },
    async post(path, fields = {}, given = {}) {
      const body = new URLSearchParams();
      for (const [name, value] of Object.entries(fields))
        for (const item of [value].flat()) body.append(name, item);
      const headers = { "content-type": "application/x-www-form-urlencoded", ...given };
      return await ask("POST", path, headers, body.toString());
    },
    get: (path, given = {}) => ask("GET", path, given),
    async signIn(name, password = PASSWORD) {
      const { status, body, headers } = await scene.post("/account/sign-in", { name, password });
      if (status !== 303) throw new Error(`${name} cannot sign in: ${body}`);
      return { cookie: String(headers["set-cookie"]).split(";")[0] ?? "" };
    },
    async makeUser(name, level = "LOGIN") {
      await accounts.saveUser(name, level, PASSWORD);
      const user = (await accounts.users.list()).find((item) => item.name === name);
      return { id: user?.id ?? 0, ...(await scene.signIn(name)) };
    },
    wait(seconds) {
      now = new Date(now.getTime() + seconds * 1000);
    },
    async close() {
      await server.close();
      await db.close();
    },
  };
  return scene;
}

/** What a page was shown again with. */
export function outcome({ body }: Answer) {
  return (JSON.parse(body) as { form: { name: string; typed: object; refused?: object; secret?: string } })
    .form;
}

/** Who a page took the one who asked for it for. */
export function asker({ body }: Answer): { name: string; session: number | undefined } {
  const { principal, session } = JSON.parse(body) as { principal: { name: string }; session?: number };
  return { name: principal.name, session };
}

export async function makeRepository({ db }: AccountScene, identity: string): Promise<void> {
  await db.write(async (tx) => {
    const layout = await tx
      .insertInto("layout")
      .values({
        ...{ name: "Default", default_version: "~%IDENTITY%%CODEVERSION%+1", meta_distributions: "" },
        ...{ mandatory_version_regex: "", experimental_default_version: "" },
        experimental_mandatory_version_regex: "",
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    await tx
      .insertInto("repository")
      .values({
        ...{
          identity,
          layout_id: layout.id,
          origin: "o",
          description: "d",
          allow_unauthenticated_uploads: 0,
        },
        ...{ extra_uploader_keyrings: "[]", active: 1, created_at: "2026-03-05T12:00:00Z" },
      })
      .execute();
  });
}
