import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { createAptJudge, createGpg, type Gpg, type TestKey } from "#testing";
import { createTestCli, startTestInstance, type TestCli } from "../testing.ts";

let gpg: Gpg;
let key: TestKey;
let cli: TestCli;
let root: string;
let instance: Awaited<ReturnType<typeof startTestInstance>>;
const FILE = "etc/apt/sources.list.d/acme.sources";

beforeAll(async () => {
  gpg = await createGpg();
  key = await gpg.makeKey("Acme");
});
afterAll(async () => await gpg.close());
beforeEach(async () => {
  cli = createTestCli();
  root = join(cli.dir, "root");
  mkdirSync(join(root, "etc"), { recursive: true });
  writeFileSync(join(root, "etc/os-release"), 'ID=debian\nVERSION_CODENAME="bookworm"\n');
  instance = await startTestInstance();
  instance.instance.deps.pubKey.publicKeyArmored = () => readFileSync(key.file, "utf8");
});

const bootstrap = (...more: string[]) => cli.run("bootstrap-apt", instance.url, "--root", root, ...more);
const yes = () => ["--yes", "--fingerprint", key.fingerprint];
const written = (path = FILE) => readFileSync(join(root, path), "utf8");

/** The repositories that the instance names: empty distributions, signed by its key. */
async function serveRepositories(): Promise<void> {
  const server = createServer(
    (request, response) =>
      void answer(request.url ?? "", (status, text) => {
        response.writeHead(status).end(text);
      }),
  );
  async function answer(url: string, send: (status: number, text: string) => void): Promise<void> {
    const [, suite] = /\/dists\/([a-z-]+)\/InRelease$/.exec(url) ?? [];
    if (suite === undefined) return send(url.endsWith("/Packages") ? 200 : 404, "");
    const empty = createHash("sha256").update("").digest("hex");
    const names = ["main", "contrib"].flatMap((part) =>
      ["amd64", "arm64"].map((arch) => ` ${empty} 0 ${part}/binary-${arch}/Packages\n`),
    );
    const release = `Origin: Acme\nLabel: Acme\nSuite: ${suite}\nCodename: ${suite}\nDate: ${new Date().toUTCString().replace("GMT", "UTC")}\nArchitectures: amd64 arm64\nComponents: main contrib\nDescription: test\nSHA256:\n${names.join("")}`;
    send(200, await gpg.clearsign(key, release));
  }
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  Object.assign(instance.instance.deps.sourcesList, { url });
}

async function update(sources: string) {
  const judge = await createAptJudge();
  try {
    await judge.setSources(sources);
    return await judge.update();
  } finally {
    await judge.close();
  }
}

describe("the real apt has nothing to say against what is written", () => {
  test("with the key in the file itself", async () => {
    await serveRepositories();

    const { code, out } = await bootstrap(...yes());

    expect([code, out]).toEqual([0, `${join(root, FILE)}\n`]);
    expect(await update(written())).toMatchObject({ exitCode: 0, complaints: [] });
    expect(statSync(join(root, FILE)).mode & 0o777).toBe(0o644);
  });
  test("with the key in a file of its own", async () => {
    await serveRepositories();

    const { code } = await bootstrap(...yes(), "--key", "path");

    const path = "/usr/share/keyrings/mini-buildd-acme.gpg";
    expect([code, written()]).toEqual([0, expect.stringContaining(`Signed-By: ${path}\n`)]);
    const judged = await update(written().replaceAll(path, join(root, path)));
    expect(judged).toMatchObject({ exitCode: 0, complaints: [] });
  });
  test("and refuses a repository that another key signs", async () => {
    await serveRepositories();
    await bootstrap(...yes());
    const trusted = key;
    key = await gpg.makeKey("Mallory");

    const judged = await update(written());
    key = trusted;

    expect(judged.complaints.join("\n")).toMatch(/NO_PUBKEY|not signed|couldn't be verified/);
  });
});

describe("what is asked for", () => {
  test("suites, repositories, rollbacks; only this machine's architectures", async () => {
    await bootstrap(...yes(), "--suite", "stable", "--repository", "test", "--with-rollbacks");
    const rollbacks = ["bookworm-test-stable-rollback0", "bookworm-test-stable-rollback1"];
    expect(written()).toContain(`Suites: bookworm-test-stable ${rollbacks.join(" ")}\n`);
    expect(written()).toMatch(/^Architectures: [a-z0-9]+$/m);
  });
  test("a codename that the instance does not have is refused in its words", async () => {
    expect(await bootstrap(...yes(), "--codename", "sid")).toMatchObject({
      code: 2,
      err: expect.stringContaining("'sid' is not one of: bookworm"),
    });
    writeFileSync(join(root, "etc/os-release"), "ID=debian\n");
    expect((await bootstrap(...yes())).err).toContain("names no VERSION_CODENAME");
  });
});

describe("nothing is written without a yes", () => {
  test("the fingerprint is shown and asked for", async () => {
    cli.terminal = true;
    cli.env = { ...cli.env, NO_COLOR: "1" };
    cli.answers.push("n", "y");
    const no = await bootstrap();
    expect([no.code, no.out]).toEqual([1, ""]);
    expect(no.err).toContain(key.fingerprint.replaceAll(/(.{4})(?=.)/g, "$1 "));
    expect(() => written()).toThrow("ENOENT");
    expect((await bootstrap()).code).toBe(0);
    expect(cli.asked[0]).toContain("Is this the fingerprint");
  });
  test("--yes alone is not enough, and a wrong fingerprint is refused", async () => {
    expect(await bootstrap("--yes")).toMatchObject({
      code: 2,
      err: expect.stringContaining("--fingerprint"),
    });
    expect((await bootstrap("--yes", "--fingerprint", "ABC")).code).toBe(2);
    const wrong = await bootstrap("--yes", "--fingerprint", "A".repeat(40));
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining(`is ${key.fingerprint}, not AAAA`)]);
    expect(() => written()).toThrow("ENOENT");
  });
  test("without a terminal it says what to give", async () => {
    expect(await bootstrap()).toMatchObject({ code: 2, err: expect.stringContaining("no terminal") });
  });
  test("a second time there is nothing to do", async () => {
    await bootstrap(...yes());
    const again = await bootstrap();
    expect([again.code, again.out, again.err]).toEqual([0, "", expect.stringContaining("there already")]);
  });
  test("a file of somebody else is not replaced by --yes, and after a question only", async () => {
    mkdirSync(join(root, "etc/apt/sources.list.d"), { recursive: true });
    writeFileSync(join(root, FILE), "Types: deb\n");
    expect((await bootstrap(...yes())).err).toContain("another's file");
    expect(written()).toBe("Types: deb\n");
    cli.terminal = true;
    cli.answers.push("y");
    expect((await bootstrap()).code).toBe(0);
    expect(written()).toContain("Signed-By:");
  });
  test("this machine's own apt is for root", async () => {
    cli.deps.owner.uid = () => 1000;
    const { code, err } = await cli.run("bootstrap-apt", instance.url);
    expect([code, err]).toEqual([3, expect.stringContaining("needs root")]);
  });
});

describe("an instance that means harm", () => {
  test("cannot switch checks off, nor lead elsewhere than to http", async () => {
    const list = instance.instance.deps.sourcesList;
    const more = "\nTrusted: yes\nAllow-Insecure: yes";
    list.distributions = async () => [
      {
        ...{ name: "bookworm-test-stable", repository: "test", codename: "bookworm", suite: "stable" },
        ...{ components: [`main${more}`], architectures: ["amd64"], rollbacks: 0 },
      },
    ];
    await bootstrap(...yes());
    expect(written()).not.toMatch(/Trusted|Insecure/);
    Object.assign(list, { url: "file:///tmp" });
    expect((await bootstrap(...yes())).err).toContain("URIs is not of the usual form");
  });
  test("cannot name a file elsewhere", async () => {
    Object.assign(instance.instance.deps.status, { identity: "../../x" });
    expect((await bootstrap(...yes())).err).toContain("cannot be the name of a file");
  });
});
