import { afterAll, beforeAll, expect, test } from "vitest";
import { type Instance, type MailServer, startInstance, startMailServer, waitFor } from "#testing";

let server: MailServer;
let instance: Instance;

beforeAll(async () => {
  server = await startMailServer();
  const env = { MINI_BUILDD_SMTP: `smtp://127.0.0.1:${server.port}` };
  instance = await startInstance({ chroot: false, serve: { env } });
});
afterAll(async () => {
  await instance?.close();
  await server?.close();
});

async function post(path: string, fields: Readonly<Record<string, string>>): Promise<string> {
  const answer = await fetch(`${instance.url}${path}`, {
    method: "POST",
    body: new URLSearchParams(fields),
    headers: { origin: instance.url },
    redirect: "manual",
  });
  return answer.headers.get("location") ?? `${answer.status} ${await answer.text()}`;
}

test("who registers gets a mail, and has an account by its link", async () => {
  const password = "correct horse battery";
  const ada = { name: "ada", email: "ada@example.org" };

  expect(await post("/account/register", { ...ada, password, repeat: password })).toContain(
    "done=registered",
  );
  const mail = await waitFor(() => server.mails[0], { timeoutMs: 30_000, what: "the mail has come" });
  const secret = /\/account\/confirm\?secret=(\S+)/.exec(mail.text)?.[1] ?? "";
  expect(await post(`/account/confirm?secret=${secret}`, {})).toContain("done=");

  expect(await post("/account/sign-in", { name: "ada", password })).not.toMatch(/^[0-9]/);
  expect(mail).toMatchObject({ from: "mini-buildd@localhost", to: ["ada@example.org"] });
  const rows = () => instance.rows("SELECT state, body FROM outbox");
  await waitFor(() => (rows()[0]?.state === "sent" ? true : undefined), {
    timeoutMs: 30_000,
    what: "the mail is written down as sent",
  });
  expect(rows()).toEqual([{ state: "sent", body: "" }]);
});
