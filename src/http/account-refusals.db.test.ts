import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createTestGpg, type TestGpg } from "#keys";
import { type AccountScene, asker, createScene, type More, OWN, outcome, PASSWORD } from "./account-scene.ts";

let gpg: TestGpg;
let armoured: string;
let fingerprint: string;
let scene: AccountScene;

beforeAll(async () => {
  gpg = createTestGpg();
  fingerprint = await gpg.makeKey("Jane");
  armoured = await gpg.gpg(["--armor", "--export", fingerprint]);
});
afterAll(() => gpg.close());

beforeEach(async () => {
  scene = await createScene();
});
afterEach(() => scene.close());

describe("refused are", () => {
  test("what pages of others make a browser send, with a session or without", async () => {
    const admin = await scene.makeUser("boss", "ADMIN");
    const jane = await scene.makeUser("jane");
    const others: More[] = [
      { origin: "http://evil.example" },
      { origin: "http://build.example.org:9000" },
      { origin: "null" },
      // Its own name, with our address.
      { origin: "http://evil.example", host: "evil.example" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
    ];

    for (const headers of others)
      for (const path of [
        "/account/sign-in",
        "/account/sign-out",
        "/account/tokens",
        `/users/${jane.id}/level`,
      ]) {
        const answers = [
          await scene.post(path, { level: "ADMIN" }, headers),
          await scene.post(path, { level: "ADMIN" }, { ...admin, ...headers }),
        ];
        expect([path, headers, ...answers.map(({ status }) => status)]).toEqual([path, headers, 403, 403]);
        expect(answers[1]?.body).toContain("A page of another site");
      }

    expect(await scene.accounts.users.get(jane.id)).toMatchObject({ level: "LOGIN" });
    expect(asker(await scene.get("/account/", admin)).name).toBe("boss");
  });

  test("nothing is changed by GET", async () => {
    const admin = await scene.makeUser("boss", "ADMIN");
    const jane = await scene.makeUser("jane");

    for (const path of [
      `/users/${jane.id}/off`,
      "/account/sign-out",
      "/account/key/remove",
      "/account/sessions/revoke",
    ])
      expect([path, (await scene.get(path, admin)).status]).toEqual([path, 404]);
  });

  test("what only administrators may, to all others", async () => {
    const jane = await scene.makeUser("jane");
    const staff = await scene.makeUser("staff", "STAFF");
    const paths = [
      "activate",
      "off",
      "level",
      "email",
      "rights",
      "rights/take",
      "key/activate",
      "key/deactivate",
      "reset-link",
    ];

    for (const path of paths.map((part) => `/users/${jane.id}/${part}`)) {
      for (const session of [jane, staff])
        expect([path, (await scene.post(path, { level: "ADMIN" }, session)).status]).toEqual([path, 403]);
      const nobody = await scene.post(
        path,
        { level: "ADMIN" },
        { referer: `${OWN.origin}/users/${jane.id}` },
      );
      expect([path, nobody.status]).toEqual([path, 401]);
      expect(nobody.body).toContain(`href="/account/sign-in?next=%2Fusers%2F${jane.id}"`);
    }
    expect(await scene.accounts.users.get(jane.id)).toMatchObject({ level: "LOGIN", state: "active" });
  });

  test("sessions and tokens of others, by their numbers", async () => {
    const jane = await scene.makeUser("jane");
    const eve = await scene.makeUser("eve");
    await scene.post("/account/tokens", { name: "ci", level: "LOGIN" }, jane);
    const [token] = await scene.accounts.tokens.list(jane.id);
    const [session] = await scene.accounts.sessions.list(jane.id);

    expect((await scene.post(`/account/tokens/${token?.id}/revoke`, {}, eve)).status).toBe(404);
    expect((await scene.post(`/account/sessions/${session?.id}/revoke`, {}, eve)).status).toBe(404);
    for (const id of ["0", "-1", "99999999999", "1;--", "x"])
      expect([id, (await scene.post(`/account/tokens/${id}/revoke`, {}, eve)).status]).toEqual([id, 404]);

    expect(await scene.accounts.tokens.list(jane.id)).toHaveLength(1);
    expect(await scene.accounts.sessions.list(jane.id)).toHaveLength(1);
  });

  test("a token that would be more than its owner, and one made by a token", async () => {
    const jane = await scene.makeUser("jane");
    const boss = await scene.makeUser("boss", "ADMIN");
    const low =
      outcome(await scene.post("/account/tokens", { name: "low", level: "LOGIN" }, boss)).secret ?? "";

    const more = await scene.post("/account/tokens", { name: "x", level: "ADMIN" }, jane);
    const grown = await scene.post(
      "/account/tokens",
      { name: "y", level: "ADMIN" },
      { authorization: `Bearer ${low}` },
    );

    expect([more.status, outcome(more).typed]).toEqual([403, { name: "x", level: "ADMIN", days: "" }]);
    expect(grown.status).toBe(403);
    expect(await scene.accounts.tokens.list(boss.id)).toHaveLength(1);
  });

  test("what is wrong with what was typed is told at its field, and passwords are not sent back", async () => {
    const jane = await scene.makeUser("jane");
    const register = { name: "max", email: "max@example.org", password: PASSWORD, repeat: PASSWORD };
    const refusal = async (path: string, fields: Record<string, string>, more = {}) =>
      outcome(await scene.post(path, fields, more)).refused;

    expect(await refusal("/account/register", { ...register, repeat: "another" })).toEqual({
      field: "repeat",
      message: "This is not the same as above.",
    });
    expect(await refusal("/account/register", { ...register, name: "JANE" })).toMatchObject({
      field: "name",
    });
    expect(await refusal("/account/register", { ...register, name: "a b" })).toMatchObject({ field: "name" });
    expect(await refusal("/account/register", { ...register, password: "short", repeat: "short" })).toEqual({
      field: "password",
      message: "It must have at least 10 characters.",
    });
    expect(await refusal("/account/key", { key: "no key" }, jane)).toMatchObject({ field: "key" });
    expect(await refusal("/account/tokens", { name: "t", level: "LOGIN", days: "-3" }, jane)).toMatchObject({
      field: "days",
    });
    const boss = await scene.makeUser("boss", "ADMIN");
    expect(await refusal(`/users/${jane.id}/email`, { email: "no address" }, boss)).toEqual({
      field: "email",
      message: "'no address' is not a mail address.",
    });
    expect(await refusal("/account/subscriptions", { package: "../x" }, jane)).toMatchObject({
      field: "package",
    });
    expect(await refusal("/account/subscriptions", { distribution: "x" }, jane)).toMatchObject({
      field: "distribution",
    });
    const changed = await scene.post(
      "/account/password",
      { old: "wrong password", password: "a new password", repeat: "a new password" },
      jane,
    );
    expect(outcome(changed)).toEqual({
      name: "password",
      typed: {},
      refused: { field: "old", message: "This is not your password." },
    });
    expect(changed.body).not.toContain("a new password");
  });

  test("the last administrator can be neither switched off nor made less", async () => {
    const boss = await scene.makeUser("boss", "ADMIN");

    const off = await scene.post(`/users/${boss.id}/off`, {}, boss);
    const less = await scene.post(`/users/${boss.id}/level`, { level: "STAFF" }, boss);

    expect([off.status, outcome(off).name]).toEqual([409, "state"]);
    expect([less.status, outcome(less).refused]).toMatchObject([409, { field: "level" }]);
  });

  test("a key that is no longer the one that was looked at is not activated", async () => {
    const boss = await scene.makeUser("boss", "ADMIN");
    const jane = await scene.makeUser("jane");
    await scene.post("/account/key", { key: armoured }, jane);

    const answer = await scene.post(`/users/${jane.id}/key/activate`, { fingerprint: "A".repeat(40) }, boss);

    expect(answer.status).toBe(409);
    expect(await scene.accounts.keys.get(jane.id)).toMatchObject({ state: "waiting" });
  });
});
