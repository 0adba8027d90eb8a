import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { allCalls, type CallName } from "#api";
import { dumpDatabase, type PlainAnswer, PROGRAM_ENV, tryRun } from "#testing";
import { type ApiScene, createApiScene, secretOf, signIn } from "./api-scene.ts";
import { ROWS } from "./api-table.ts";

// Secrets go in by every door, also where they do not belong, and come out nowhere.
const SMTP_PASSWORD = "smtp-Ooqu4aek-planted";
let scene: ApiScene;
beforeAll(async () => {
  scene = await createApiScene({
    serve: {
      options: ["--log-level", "trace"],
      // A port that nobody listens on: what fails is told of.
      env: { MINI_BUILDD_SMTP: `smtp://mailer:${SMTP_PASSWORD}@127.0.0.1:1` },
    },
  });
});
afterAll(async () => await scene?.close());

type Fields = Readonly<Record<string, string>>;

const planted = new Map<string, string>([["password of the mail server", SMTP_PASSWORD]]);
const answers: [string, PlainAnswer][] = [];
let serial = 0;

/** A text that is nowhere else. */
function plant(what: string): string {
  serial += 1;
  const secret = `planted-${serial}-Xai7ohng`;
  planted.set(what, secret);
  return secret;
}

async function send(path: string, fields: Fields, headers: Fields = {}): Promise<PlainAnswer> {
  const body = new URLSearchParams(fields);
  const own = { origin: scene.instance.url, accept: "text/html" };
  const answer = await scene.client.ask({ method: "POST", path, headers: { ...own, ...headers }, body });
  answers.push([`POST ${path.split("?")[0]}`, answer]);
  return answer;
}

async function open(path: string, headers: Fields = {}): Promise<PlainAnswer> {
  const answer = await scene.client.ask({ path, headers });
  answers.push([`GET ${path.split("?")[0]}`, answer]);
  return answer;
}

/** Sends secrets wherever a person, a browser or a program could. */
async function sendSecrets(): Promise<void> {
  const { instance, client, admin } = scene;
  const password = await secretOf(instance, ["admin", "create", "careless", "--level", "STAFF"]);
  planted.set("a password", password);
  const session = await signIn(client, instance.url, { name: "careless", password });
  planted.set("a session", session.cookie.split("=")[1] ?? "");
  planted.set("a token", admin.headers.authorization?.replace("Bearer ", "") ?? "");
  const basic = (name: string, secret: string) => ({
    authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString("base64")}`,
  });

  await open("/api/status", basic("careless", password));
  await open("/api/status", basic("careless", plant("a wrong password of a program")));
  await open("/api/status", { authorization: `Bearer ${plant("a wrong token")}` });
  await open("/api/status", { authorization: `Nonsense ${plant("a scheme that is none")}` });
  await open("/", { cookie: `mini-buildd=${plant("a cookie that is none")}` });
  await open(`/?token=${plant("a token in an address")}`);
  await open("/", { referer: `${instance.url}/account/reset?secret=${plant("a link in the Referer")}` });
  await open("/no-such-page", { referer: `http://u:${plant("a password in the Referer")}@h/` });
  await open(`/account/reset?secret=${plant("a reset link")}`);
  await open(`/account/confirm?secret=${plant("a confirmation link")}`);

  await send("/account/sign-in", { name: "careless", password: plant("a wrong password of a browser") });
  await send("/account/sign-in", { name: "nobody-here", password: plant("a password of nobody") });
  const fresh = plant("a new password");
  await send("/account/register", {
    name: "newcomer",
    email: "n@example.org",
    password: fresh,
    repeat: fresh,
  });
  await send("/account/register", {
    ...{ name: "bad name", email: "none", password: plant("a password refused"), repeat: "other" },
  });
  await send("/account/forgot", { who: "careless" });
  await send(`/account/reset?secret=${plant("a reset link that is wrong")}`, { password: "x", repeat: "x" });
  const old = plant("an old password that is wrong");
  const next = plant("a password to come");
  await send("/account/password", { old, password: next, repeat: next }, session);
  await send(
    "/account/key",
    { key: `-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n${plant("a private key")}\n` },
    session,
  );

  for (const { name, level, changes } of allCalls()) {
    if (level === "ADMIN" && changes) continue;
    const given = ROWS[name as CallName].given(scene.things);
    const query = new URLSearchParams({
      ...given,
      password: plant(`a password for ${name}`),
      output: "json",
    });
    await open(`/api/${name}?${query}`, admin.headers);
  }
  await open(
    `/api/setup?archives=${encodeURIComponent(`http://u:${plant("a password in an archive")}@h/`)}`,
    admin.headers,
  );
}

/** What a made token, and a link of an administrator, are shown with, once. */
async function makeSecrets(): Promise<void> {
  const session = scene.callers.find(({ name }) => name === "ADMIN by session")?.headers ?? {};
  const { rows } = scene.instance;
  const id = String(rows("SELECT id FROM user_account WHERE name = 'login-user'")[0]?.id);
  const shown = [
    await send("/account/tokens", { name: "shown", level: "LOGIN", days: "1" }, session),
    await send(`/users/${id}/reset-link`, {}, session),
  ];
  // That they are on these pages is what the pages are for.
  answers.splice(-shown.length);
  const [token, link] = shown.map(
    ({ text }) => /\bmbd_[\w-]{20,}|(?<=reset\?secret=)[\w%-]+/.exec(text)?.[0] ?? "",
  );
  expect([token, link]).toEqual([expect.stringMatching(/^mbd_/), expect.stringMatching(/.{20}/)]);
  planted.set("a new token", token ?? "");
  planted.set("a link to reset", link ?? "");
}

/** Also as programs write them: in base64, and encoded for an address. */
function expectNone(text: string, where: string): void {
  const found = [...planted].filter(([, secret]) => {
    if (secret === "") throw new Error("nothing was planted");
    return [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString("base64").replace(/=+$/, ""),
    ].some((form) => text.includes(form));
  });
  expect(
    found.map(([what]) => what),
    where,
  ).toEqual([]);
}

test("no secret is in the log, in a row, in a refusal, or in the list of processes", async () => {
  await sendSecrets();
  await makeSecrets();

  const { instance } = scene;
  const log = instance.daemon.log();
  expect(log).toContain('"msg":"answered"');
  expectNone(log, "the log");
  // The argument of a call may be anything; what is refused is not kept.
  const rows = dumpDatabase(join(instance.home, "mini-buildd.sqlite"), ["outbox.body"]);
  expectNone(rows.join("\n"), "the rows");
  expectNone((await tryRun("ps", ["-eww", "-o", "args"])).stdout, "the list of processes");
  for (const [what, { status, text, headers }] of answers) {
    // A page that is asked for by its own address has it in its links and its form.
    if (status < 400 || what === "POST /account/reset") continue;
    expectNone(`${text} ${JSON.stringify(headers)}`, `${what}: ${status}`);
  }
});

test("a daemon that cannot reach its database does not say the password", async () => {
  const password = plant("the password of the database");
  const home = join(scene.instance.home, "..", "other-home");
  const url = `postgres://u:${password}@127.0.0.1:1/none`;

  const ran = await tryRun(
    process.execPath,
    ["dist/mini-buildd.js", "serve", "--home", home, "--log-level", "trace"],
    {
      env: { ...PROGRAM_ENV, MINI_BUILDD_DATABASE: url, MINI_BUILDD_SMTP: `http://u:${password}@h/` },
    },
  );

  expect(ran.exitCode).not.toBe(0);
  expectNone(`${ran.stdout}${ran.stderr}`, "what it printed");
});

test("nobody else can read what holds secrets", async () => {
  const { home } = scene.instance;
  const secret = ["mini-buildd.sqlite", "mini-buildd.sqlite-wal", "mini-buildd.sqlite-shm"];
  for (const name of secret) expect((await stat(join(home, name))).mode & 0o777, name).toBe(0o600);
  for (const name of ["gnupg", "run"]) expect((await stat(join(home, name))).mode & 0o777, name).toBe(0o700);
  const keys = await readdir(join(home, "gnupg"), { recursive: true });
  for (const name of keys.filter((each) => each.endsWith(".key")))
    expect((await stat(join(home, "gnupg", name))).mode & 0o077, name).toBe(0);
});
