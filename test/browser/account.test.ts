import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Accounts, createAccounts } from "#accounts";
import { type Database, openTestDatabase } from "#db";
import { createTestGpg, readKeys, type TestGpg } from "#keys";
import { exec, systemClock } from "#platform";
import { createLayout, createPages, type PageDeps } from "#web";
import { createTestHttp, type TestHttp } from "../../src/http/testing.ts";
import { seed } from "../../src/web/testing/seed.ts";
import { testDeps } from "../../src/web/testing/site.ts";
import { type Browsing, startBrowsing } from "./browse.ts";

const PASSWORD = "correct horse battery";

let browsing: Browsing;
let gpg: TestGpg;
let armoured: string;
let db: Database;
let accounts: Accounts;
let server: TestHttp;
let site: string;

beforeAll(async () => {
  browsing = await startBrowsing();
  gpg = createTestGpg();
  armoured = await gpg.gpg(["--armor", "--export", await gpg.makeKey("Jane")]);
});
afterAll(async () => {
  await browsing.close();
  await gpg.close();
});

beforeEach(async () => {
  db = await openTestDatabase();
  await seed(db);
  const url = async () => site;
  accounts = createAccounts({ db, clock: systemClock, url, readKeys: (bytes) => readKeys(bytes, exec) });
  const deps: PageDeps = { ...testDeps(db, undefined, systemClock), accounts };
  server = await createTestHttp({
    ...{ accounts, people: accounts, pages: createPages(deps), layout: createLayout(deps) },
  });
  const { port } = await server.http.start({ listen: "127.0.0.1", port: 0, socket: server.socket });
  site = `http://127.0.0.1:${port}`;
  await browsing.begin();
});
afterEach(async () => {
  await server.close();
  await db.close();
});

async function signIn(name: string): Promise<Page> {
  const page = await browsing.open(`${site}/account/sign-in`);
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
  return page;
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByText("You are signed out.").waitFor();
}

/** An instance with people in every state. */
async function people(): Promise<{ boss: number; jane: number; max: number }> {
  await accounts.saveUser("boss", "ADMIN", PASSWORD);
  await accounts.saveUser("jane", "STAFF", PASSWORD);
  await accounts.saveUser("gone", "LOGIN", PASSWORD);
  const register = { password: PASSWORD, client: "192.0.2.7" };
  await accounts.registration.register({ ...register, name: "max", email: "max@acme.example" });
  const users = await accounts.users.list();
  const idOf = (name: string) => users.find((user) => user.name === name)?.id ?? 0;
  const by = { kind: "user", name: "boss", client: "192.0.2.1" } as const;
  await accounts.users.switchOff(idOf("gone"), by);
  for (const repository of ["acme", "test"])
    await accounts.rights.give(idOf("jane"), { repository, suites: [], sources: ["foo-*"] }, by);
  const jane = idOf("jane");
  await accounts.keys.set({ userId: jane, key: armoured });
  await accounts.tokens.create({ userId: jane, name: "ci", level: "LOGIN", days: 90 });
  await accounts.subscriptions.add(jane, { package: "hello", distribution: "" });
  await accounts.subscriptions.add(jane, { package: "", distribution: "bookworm-acme-unstable" });
  return { boss: idOf("boss"), jane, max: idOf("max") };
}

const FOR_ANYBODY = ["sign-in", "register", "forgot", "reset?secret=x", "confirm?secret=x", ""];

describe("every page of people", () => {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`has no violation that axe knows, in ${colorScheme}`, { timeout: 400_000 }, async () => {
      const { jane } = await people();
      await browsing.begin({ colorScheme });
      for (const path of FOR_ANYBODY) {
        const page = await browsing.open(`${site}/account/${path}`);
        await browsing.picture(page, `${colorScheme}-${path.split("?")[0] || "401"}`);
        expect(await browsing.faults(page), path).toEqual([]);
        await page.close();
      }
      const refused = await browsing.open(`${site}/account/sign-in`);
      await refused.getByLabel("Name").fill("jane");
      await refused.getByLabel("Password").fill("not the right one");
      await refused.getByRole("main").getByRole("button", { name: "Sign in" }).click();
      await refused.getByRole("alert").waitFor();
      await browsing.picture(refused, `${colorScheme}-refused`);
      expect(await browsing.faults(refused)).toEqual([]);
      await refused.close();
      const own = await signIn("jane");
      await own.goto(`${site}/account/`);
      await browsing.picture(own, `${colorScheme}-account`);
      expect(await browsing.faults(own)).toEqual([]);
      await signOut(own);
      const boss = await signIn("boss");
      for (const path of ["/", "/users/", `/users/${jane}`, "/audit"]) {
        await boss.goto(`${site}${path}`);
        await browsing.picture(boss, `${colorScheme}-boss${path.replaceAll("/", "-")}`);
        expect(await browsing.faults(boss), path).toEqual([]);
      }
    });
  }

  test("fits a phone of 360 pixels without scrolling sideways", { timeout: 400_000 }, async () => {
    const { jane } = await people();
    await browsing.begin({ viewport: { width: 360, height: 740 } });
    for (const path of FOR_ANYBODY) {
      const page = await browsing.open(`${site}/account/${path}`);
      await browsing.picture(page, `phone-${path.split("?")[0] || "401"}`);
      expect(await page.evaluate("document.documentElement.scrollWidth"), path).toBeLessThanOrEqual(360);
      await page.close();
    }
    for (const [name, paths] of [
      ["jane", ["/account/"]],
      ["boss", ["/", "/users/", `/users/${jane}`, "/audit"]],
    ] as const) {
      const page = await signIn(name);
      for (const path of paths) {
        await page.goto(`${site}${path}`);
        await browsing.picture(page, `phone-${name}${path.replaceAll("/", "-")}`);
        expect(await page.evaluate("document.documentElement.scrollWidth"), path).toBeLessThanOrEqual(360);
      }
      await signOut(page);
      await page.close();
    }
  });

  test("asks nothing of another host, and breaks no rule of the policy", async () => {
    const { jane } = await people();
    for (const path of FOR_ANYBODY) await browsing.open(`${site}/account/${path}`);
    const page = await signIn("boss");
    for (const path of ["/", "/account/", "/users/", `/users/${jane}`, "/audit"])
      await page.goto(`${site}${path}`);

    expect(browsing.requests.filter((url) => !url.startsWith(`${site}/`))).toEqual([]);
    // The browser reports the status of the one page that needs a sign-in.
    expect(browsing.complaints.filter((text) => !text.includes("401"))).toEqual([]);
  });
});

test("without JavaScript one registers, is activated, signs in and comes back to where one was", async () => {
  await people();
  await browsing.begin({ javaScriptEnabled: false });
  const page = await browsing.open(`${site}/account/register`);
  await page.getByLabel("Name").fill("ann");
  await page.getByLabel("Mail address").fill("ann@acme.example");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByLabel("Password again").fill("something else");
  await page.getByRole("button", { name: "Register" }).click();
  const alert = page.getByRole("alert");
  expect(await alert.textContent()).toContain("This is not the same as above.");
  expect(await page.getByLabel("Password again").getAttribute("aria-invalid")).toBe("true");
  expect(await page.getByLabel("Name").inputValue()).toBe("ann");
  expect(await page.getByLabel("Password", { exact: true }).inputValue()).toBe("");
  await browsing.picture(page, "refused-register");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByLabel("Password again").fill(PASSWORD);
  await page.getByRole("button", { name: "Register" }).click();
  expect(await page.getByRole("status").first().textContent()).toContain("You are registered.");

  const boss = await signIn("boss");
  await boss.goto(site);
  await boss.getByRole("link", { name: "2 new accounts and 1 OpenPGP key" }).click();
  await boss.getByRole("button", { name: "Activate ann" }).click();
  expect(await boss.getByRole("status").first().textContent()).toBe("The account is active.");
  await signOut(boss);

  await page.goto(`${site}/builds/?state=FAILED`);
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.getByLabel("Name").fill("ann");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
  expect(page.url()).toBe(`${site}/builds/?state=FAILED`);
  await page.getByRole("link", { name: "Your account, ann" }).click();
  expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("ann");
  expect(await page.getByRole("link", { name: "Users" }).count()).toBe(0);
});

test("a token is shown once, and works until it is revoked", async () => {
  await people();
  const page = await signIn("jane");
  await page.goto(`${site}/account/`);
  await page.locator("#token-name").fill("deploy");
  await page.getByLabel("Level").selectOption("STAFF");
  await page.getByRole("button", { name: "Make a token" }).click();
  const secret = (await page.getByRole("group", { name: "new token" }).textContent()) ?? "";
  await browsing.picture(page, "new-token");
  expect(await accounts.authenticate(`Bearer ${secret}`)).toMatchObject({ level: "STAFF" });

  await page.goto(`${site}/account/`);
  expect(await page.content()).not.toContain(secret);
  await page.getByRole("button", { name: "Revoke deploy" }).click();

  expect(await page.getByRole("status").first().textContent()).toBe("The token is revoked.");
  await expect(accounts.authenticate(`Bearer ${secret}`)).rejects.toMatchObject({ code: "bad_credentials" });
});

test("an administrator sees the fingerprint, activates the key, and gives a right", async () => {
  const { max } = await people();
  const page = await signIn("boss");
  await page.goto(`${site}/users/`);
  await page.getByRole("link", { name: "jane" }).first().click();
  await page.getByRole("button", { name: "Activate the key" }).click();
  expect(await page.getByRole("status").first().textContent()).toBe("The key is active.");

  await page.goto(`${site}/users/${max}`);
  await page.getByRole("button", { name: "Activate the account" }).click();
  await page.getByLabel("Repository").selectOption("acme");
  await page.getByLabel("Source packages").fill("foo-*");
  await page.getByRole("button", { name: "Give the right" }).click();
  await page.getByText("The upload right is given.").waitFor();

  expect((await accounts.users.get(max)).rights).toMatchObject([{ repository: "acme", sources: ["foo-*"] }]);
  await page.goto(`${site}/audit?action=user.&actor=boss`);
  const text = (await page.getByRole("table").textContent()) ?? "";
  for (const action of ["user.activate", "user.activate_key", "user.give_right"])
    expect(text).toContain(action);
  expect(text).not.toContain("account.sign_in");
});

test("the last administrator is told why not", async () => {
  const { boss } = await people();
  const page = await signIn("boss");
  await page.goto(`${site}/users/${boss}`);

  await page.getByRole("button", { name: "Switch the account off" }).click();

  expect(await page.getByRole("alert").textContent()).toContain("'boss' is the last active administrator.");
});
