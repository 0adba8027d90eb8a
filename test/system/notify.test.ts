import { createHmac } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EventView } from "#events";
import {
  classicDput,
  createGpg,
  createPackages,
  type Gpg,
  type HookReceiver,
  type Instance,
  type MailServer,
  okCli,
  type Packages,
  SIGNED,
  type SourcePackage,
  type SourcePackageOptions,
  startHookReceiver,
  startInstance,
  startMailServer,
  type TestKey,
  waitFor,
  waitForEnd,
} from "#testing";

// What happens to packages is told: by mail to a real SMTP server, by web hook to a real HTTP server.
let server: MailServer;
let receiver: HookReceiver;
let instance: Instance;
let packages: Packages;
let gpg: Gpg;
let key: TestKey;

/** Of the instance, the repository, Changed-By of all packages, and a subscriber. */
const EVERYBODY = ["ada@elsewhere.net", "boss@example.org", "keeper@example.org", "tester@example.org"];
const KEEPERS = ["boss@example.org", "keeper@example.org"];

beforeAll(async () => {
  server = await startMailServer();
  receiver = await startHookReceiver();
  const env = { MINI_BUILDD_SMTP: `smtp://127.0.0.1:${server.port}` };
  instance = await startInstance({ serve: { env, options: ["--notify", "boss@example.org"] } });
  packages = await createPackages(instance);
  gpg = await createGpg();
  key = await gpg.makeKey("Alice");
  await okCli(instance.cli(["key", "add", key.file, "--repository", SIGNED]));
  const settings = ["notify=keeper@example.org", "notify_changed_by=yes", "allow_emails_to=.*@example\\.org"];
  await okCli(instance.cli(["admin", "set", "repository", SIGNED, ...settings]));
  await subscribe("ada", "ada@elsewhere.net");
});

afterAll(async () => {
  await gpg?.close();
  await packages?.close();
  await instance?.close();
  await receiver?.close();
  await server?.close();
});

/** A user who wants to know of everything in one distribution. */
async function subscribe(name: string, email: string): Promise<void> {
  const password = "correct horse battery";
  const { url } = instance;
  const form = new URLSearchParams({ name, email, password, repeat: password });
  await fetch(`${url}/account/register`, { method: "POST", body: form, headers: { origin: url } });
  await okCli(instance.cli(["admin", "activate", name]));
  const distribution = packages.distribution(SIGNED);
  for (const suite of ["unstable", "testing"]) {
    const answer = await fetch(`${url}/api/subscribe`, {
      method: "POST",
      headers: {
        authorization: `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ distribution: distribution.replace("unstable", suite), confirm: "subscribe" }),
    });
    expect(answer.status, await answer.text()).toBe(200);
  }
}

async function make(name: string, more: Partial<SourcePackageOptions> = {}): Promise<SourcePackage> {
  const version = packages.version("1.0", SIGNED);
  const distribution = packages.distribution(SIGNED);
  return await packages.make({ name, version, distribution, sign: { gpg, key }, ...more });
}

async function upload(made: SourcePackage): Promise<void> {
  const sent = await classicDput(instance, "ftp", made.changes);
  expect(sent.exitCode, `${sent.stdout}${sent.stderr}`).toBe(0);
}

/** The mails of an event, when as many have come as are expected: by recipient. */
async function mailsOf(event: EventView, expected: readonly string[]) {
  const id = `<mbdtest-event-${event.id}@localhost>`;
  const found = () => server.mails.filter(({ headers }) => headers["message-id"] === id);
  await waitFor(() => (found().length >= expected.length ? true : undefined), {
    timeoutMs: 60_000,
    get what() {
      return `mails of ${id} (${event.type}) to ${expected.join()}; there are: ${found()
        .flatMap(({ to }) => to)
        .join()}`;
    },
  });
  expect(
    found()
      .flatMap(({ to }) => to)
      .sort(),
  ).toEqual(expected);
  return found();
}

test("installed, rejected, migrated, removed: by mail to all who are to know, each once", async () => {
  const hello = await make("mbd-hello");
  await upload(hello);
  const installed = await waitForEnd(instance, hello, "INSTALLED");

  const [mail] = await mailsOf(installed, EVERYBODY);
  expect(mail?.from).toBe("mini-buildd@localhost");
  expect(mail?.headers).toMatchObject({ "auto-submitted": "auto-generated" });
  expect(mail?.headers.subject?.replaceAll(/\?=\s*=\?UTF-8\?Q\?/g, "")).toContain(
    `[mini-buildd-mbdtest] INSTALLED (${hello.distribution}): mbd-hello`,
  );
  expect(mail?.text).toContain(`* ${instance.arch}: BUILT`);
  expect(mail?.text).toContain(`/builds/${String(instance.rows("SELECT id FROM build")[0]?.id)}/log`);
  expect(mail?.text).toContain("  Source: mbd-hello");
  expect(mail?.text).toContain(`/packagings/${installed.packaging}`);

  await upload(await make("mbd-hello", { bullets: ["Another change."] }));
  const rejected = await waitForEnd(instance, { ...hello, after: installed.id }, "REJECTED");
  const [refusal] = await mailsOf(rejected, EVERYBODY);
  expect(refusal?.text).toContain("* ");

  const { events: migrated } = (await instance.api("migrate", {
    source: "mbd-hello",
    distribution: hello.distribution,
  })) as { events: number[] };
  const [migration] = await mailsOf(await eventOf(migrated[0]), EVERYBODY);
  expect(migration?.text).toContain(`From: ${hello.distribution}`);

  const { events: removed } = (await instance.api("remove", {
    source: "mbd-hello",
    distribution: hello.distribution,
  })) as { events: number[] };
  await mailsOf(await eventOf(removed[0]), EVERYBODY);

  const followed = await okCli(
    instance.cli([
      ...["events", "local", "--after", "0", "--source", "mbd-hello", "--version", hello.version],
      ...["--type", "INSTALLED,REMOVED", "--min-version", hello.version, "--exit-on", "REMOVED"],
    ]),
  );
  expect(followed.stdout.trimEnd().split("\n")).toEqual([
    expect.stringContaining(
      ` INSTALLED (${hello.distribution}): mbd-hello ${hello.version} [+${instance.arch}]: installed`,
    ),
    expect.stringContaining(` REMOVED (${hello.distribution}): mbd-hello ${hello.version}: removed`),
  ]);
});

async function eventOf(id = 0): Promise<EventView> {
  const [event] = await instance.events(id - 1);
  if (event?.id !== id) throw new Error(`there is no event ${id}`);
  return event;
}

test("what is unsigned is told to the keepers only, and a duplicate to nobody", async () => {
  const unsigned = await packages.make({
    ...{ name: "mbd-unsigned", distribution: packages.distribution(SIGNED) },
    version: packages.version("1.0", SIGNED),
  });
  await upload(unsigned);
  await mailsOf(await waitForEnd(instance, unsigned, "REJECTED"), KEEPERS);

  const again = await make("mbd-again");
  await upload(again);
  const installed = await waitForEnd(instance, again, "INSTALLED");
  await upload(again);
  const duplicate = await waitForEnd(instance, { ...again, after: installed.id }, "REJECTED");

  expect(duplicate.data.errors).toMatchObject([{ code: "duplicate_upload" }]);
  await mailsOf(installed, EVERYBODY);
  await mailsOf(duplicate, []);
});

test("failed, with the lines that say why", async () => {
  const broken = await make("mbd-broken", { build: ["echo 'error: it is broken' >&2", "false"] });
  await upload(broken);

  const [mail] = await mailsOf(await waitForEnd(instance, broken, "FAILED"), EVERYBODY);

  expect(mail?.text).toContain("Builds that are not good:");
  expect(mail?.text).toContain(`* ${instance.arch}: FAILED (package)`);
});

test("waiting for a dependency, once, and cancelled", async () => {
  const slow = await make("mbd-slow", { build: ["while test ! -e /nowhere; do sleep 1; done"] });
  await upload(slow);
  const building = await instance.waitForEvent({ source: slow.source, type: "BUILDING" });
  const waiting = await make("mbd-waiting", { buildDepends: "mbd-slow" });
  await upload(waiting);

  const wait = await instance.waitForEvent({ source: waiting.source, type: "DEP_WAIT" });
  const [mail] = await mailsOf(wait, EVERYBODY);
  expect(mail?.text).toContain("Missing: mbd-slow");
  const bkey = (building.bkey ?? "").split(" ")[0] ?? "";
  await instance.api("cancel", { bkey });
  const cancelled = await waitForEnd(instance, slow, "CANCELLED");
  await mailsOf(cancelled, EVERYBODY);

  await mailsOf(await waitForEnd(instance, waiting, "FAILED"), EVERYBODY);
  const waits = (await instance.events(0)).filter(({ type }) => type === "DEP_WAIT");
  expect(waits.map(({ source }) => source)).toEqual(["mbd-waiting"]);
});

test("every mail went to one address, and no address got one twice", async () => {
  const keys = server.mails.map(
    ({ headers, to }) => `${headers["message-id"]} ${to.join(" ").toLowerCase()}`,
  );

  expect(new Set(keys).size).toBe(keys.length);
  expect(server.mails.every(({ to }) => to.length === 1)).toBe(true);
});

test("a web hook gets every event behind its beginning, signed, over failures and the end of the daemon", async () => {
  const url = `http://localhost:${receiver.port}/hook?token=of-the-receiver`;
  const refused = await instance.cli(["admin", "hook", "add", "closed", url]);
  expect(refused.exitCode).toBe(0);
  const tested = await instance.cli(["admin", "hook", "test", "closed"]);
  expect([tested.exitCode, tested.stderr]).toEqual([1, expect.stringContaining("its address is private")]);
  await okCli(instance.cli(["admin", "hook", "remove", "closed"]));
  const added = await okCli(instance.cli(["admin", "hook", "add", "ci", url, "--allow-host", "localhost"]));
  const secret = added.stdout.trim();
  await okCli(instance.cli(["admin", "hook", "test", "ci"]));
  const first = await instance.lastEvent();

  receiver.answer = (response) => void response.writeHead(500).end();
  const hooked = await make("mbd-hooked");
  await upload(hooked);
  await waitFor(() => (receiver.received.length > 1 ? true : undefined), {
    timeoutMs: 60_000,
    what: "the hook has failed",
  });
  await instance.daemon.kill9();
  receiver.answer = (response) => void response.end();
  await instance.daemon.start();
  await waitForEnd(instance, hooked, "INSTALLED");

  const last = await instance.lastEvent();
  const wanted = Array.from({ length: last - first }, (_, index) => first + 1 + index);
  const bodies = () => receiver.received.map(({ body }) => JSON.parse(body) as EventView);
  const missing = () => wanted.filter((id) => !bodies().some((event) => event.id === id));
  await waitFor(() => (missing().length === 0 ? true : undefined), {
    timeoutMs: 180_000,
    get what() {
      return `events ${missing().join()} have come to the hook`;
    },
  });
  expect(bodies()[0]).toMatchObject({ type: "TEST", instance: "mbdtest" });
  for (const { headers, body, path } of receiver.received) {
    const mac = createHmac("sha256", secret).update(`${String(headers["x-mini-buildd-timestamp"])}.${body}`);
    expect(headers["x-mini-buildd-signature-256"]).toBe(`sha256=${mac.digest("hex")}`);
    expect(path).toBe("/hook?token=of-the-receiver");
  }
  const log = instance.daemon.log();
  expect([log.includes(secret), log.includes("of-the-receiver")]).toEqual([false, false]);
});
