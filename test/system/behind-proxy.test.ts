import { mkdtemp, readFile, rm } from "node:fs/promises";
import { request as plainRequest } from "node:http";
import { createServer, type RequestOptions, request, type Server } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createAptJudge,
  createPlainClient,
  freePort,
  type Instance,
  type MailServer,
  okCli,
  run,
  startInstance,
  startMailServer,
  waitFor,
} from "#testing";

/** Client addresses; the whole of 127.0.0.0/8 is this machine. */
const GUEST = "127.0.0.9";
const MADE_UP = "203.0.113.5";
const PASSWORD = "correct horse battery";

let dir: string;
let certificate: string;
let mails: MailServer;
let instance: Instance;
let proxy: Server;
let url: string;
let janesPassword: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "mbd-proxy-"));
  certificate = join(dir, "cert.pem");
  const kind =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost";
  const files = [
    "-addext",
    "subjectAltName=DNS:localhost",
    "-keyout",
    join(dir, "key.pem"),
    "-out",
    certificate,
  ];
  await run("openssl", [...kind.split(" "), ...files]);
  const port = await freePort();
  url = `https://localhost:${port}`;
  mails = await startMailServer();
  instance = await startInstance({
    chroot: false,
    serve: {
      options: ["--url", `${url}/`, "--trusted-proxy", "127.0.0.1"],
      env: { MINI_BUILDD_SMTP: `smtp://127.0.0.1:${mails.port}` },
    },
  });
  proxy = await startProxy(port, instance.httpPort);
});
afterAll(async () => {
  proxy?.closeAllConnections();
  await new Promise((resolve) => (proxy === undefined ? resolve(undefined) : proxy.close(resolve)));
  await instance?.close();
  await mails?.close();
  await rm(dir, { recursive: true, force: true });
});

/** TLS to clients, plain HTTP to the daemon; adds who asked to `X-Forwarded-For`, as reverse proxies do. */
async function startProxy(port: number, behind: number): Promise<Server> {
  const files = { cert: await readFile(certificate), key: await readFile(join(dir, "key.pem")) };
  const server = createServer(files, (incoming, answer) => {
    const { method, url: path, headers, socket } = incoming;
    const forwarded = [headers["x-forwarded-for"] ?? [], socket.remoteAddress ?? ""].flat().join(", ");
    const onward = plainRequest(
      {
        host: "127.0.0.1",
        port: behind,
        method,
        path,
        headers: { ...headers, "x-forwarded-for": forwarded },
      },
      (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
      },
    );
    onward.once("error", () => answer.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return server;
}

interface Asked extends Omit<RequestOptions, "headers"> {
  readonly headers?: Readonly<Record<string, string>>;
}

/** As a browser on a page of the instance. */
async function ask(path: string, options: Asked = {}, fields?: Readonly<Record<string, string>>) {
  const ca = await readFile(certificate);
  const body = fields === undefined ? undefined : new URLSearchParams(fields).toString();
  const form = body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded", origin: url };
  return await new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }>(
    (resolve, reject) => {
      const outgoing = request(
        `${url}${path}`,
        {
          ...{ ca, family: 4, localAddress: GUEST, method: body === undefined ? "GET" : "POST", ...options },
          headers: { accept: "text/html", ...form, ...options.headers },
        },
        (response) => {
          const { statusCode: status = 0, headers } = response;
          text(response).then((content) => resolve({ status, headers, body: content }), reject);
        },
      );
      outgoing.once("error", reject);
      outgoing.end(body);
    },
  );
}

const lastSignIn = () =>
  instance.rows("SELECT client, outcome FROM audit WHERE action = 'account.sign_in' ORDER BY id DESC")[0];

describe("behind a proxy with TLS", () => {
  test("texts, answers and Release files name the public address", async () => {
    const status = JSON.parse((await ask("/api/status?output=json")).body) as { url: string };
    const dput = (await ask("/api/dput_conf?output=plain")).body;

    expect(status.url).toBe(url);
    expect(dput).toContain(`method      = https\nfqdn        = ${url.replace("https://", "")}\n`);
    const suite = `${instance.codename}-test-unstable`;
    const release = await waitFor(
      async () => {
        const { body } = await ask(`/repositories/test/dists/${suite}/InRelease`);
        return body.includes("Snapshots:") ? body : undefined;
      },
      { timeoutMs: 60_000, what: "the Release file names earlier states" },
    );
    expect(release).toContain(`Snapshots: ${url}/repositories/test/snapshots/@SNAPSHOTID@/\n`);
  });

  test("apt takes what it is told there, through it", async () => {
    const apt = await createAptJudge(`Acquire::https::CAInfo "${certificate}";\n`);
    try {
      await apt.setSources((await ask("/api/sources_list?repositories=test&output=plain")).body);

      const { complaints, output } = await apt.update();

      expect([complaints, output]).toEqual([[], expect.stringContaining(`${url}/repositories/test`)]);
    } finally {
      await apt.close();
    }
  });

  test("who registers gets a link of the public address, which works", async () => {
    const ada = { name: "ada", email: "ada@example.org", password: PASSWORD, repeat: PASSWORD };

    expect((await ask("/account/register", {}, ada)).status).toBe(303);
    const mail = await waitFor(() => mails.mails[0], { timeoutMs: 30_000, what: "the mail has come" });
    const [link = ""] = /https:\/\/\S+/.exec(mail.text) ?? [];

    expect(link.startsWith(`${url}/account/confirm?secret=`)).toBe(true);
    expect((await ask(link.slice(url.length), {}, {})).headers.location).toContain("done=confirmed");
  });

  test("a session is of the client that the proxy names, and its cookie for https only", async () => {
    const made = await okCli(instance.cli(["admin", "create", "jane", "--level", "STAFF"]));
    janesPassword = made.stdout.trim();

    const headers = { "x-forwarded-for": MADE_UP };
    const answer = await ask("/account/sign-in", { headers }, { name: "jane", password: janesPassword });

    const cookie = String(answer.headers["set-cookie"]);
    expect(cookie).toMatch(/^__Host-mini-buildd-\d+=[^;]+; Path=\/; HttpOnly; SameSite=Lax; Secure;/);
    expect(lastSignIn()).toEqual({ client: GUEST, outcome: "done" });
    const page = await ask("/account/", { headers: { cookie: cookie.split(";")[0] ?? "" } });
    expect(page.body).toContain(GUEST);
    expect(page.body).not.toContain(MADE_UP);
  });

  test("who comes past the proxy may say what they like", async () => {
    const client = createPlainClient(instance.httpPort);
    try {
      for (const forwarded of [MADE_UP, `${MADE_UP}, 127.0.0.1`, "127.0.0.1", "nonsense", ",,,"]) {
        const answer = await client.ask({
          ...{ method: "POST", path: "/account/sign-in", from: "127.0.0.10" },
          headers: { origin: instance.url, "x-forwarded-for": forwarded, "x-forwarded-proto": "https" },
          body: new URLSearchParams({ name: "ada", password: "a wrong guess" }),
        });
        expect([answer.status, lastSignIn()]).toEqual([401, { client: "127.0.0.10", outcome: "failed" }]);
      }
    } finally {
      client.close();
    }
  });

  test("a page of the same host by http changes nothing", async () => {
    const headers = { origin: url.replace("https:", "http:") };

    const answer = await ask("/account/sign-in", { headers }, { name: "jane", password: janesPassword });

    expect(answer.status).toBe(403);
  });
});
