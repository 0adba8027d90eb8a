import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { NOBODY } from "#accounts";
import { parseStanzas } from "#deb";
import { exec } from "#platform";
import type { Given } from "../index.ts";
import { createDputConf } from "./dput-conf.ts";
import { createSourcesList, sourcesText } from "./sources-list.ts";
import { createStatus } from "./status.ts";
import { createFakeInstance } from "./testing.ts";

async function call(name: string, given: Record<string, Given> = {}): Promise<unknown> {
  const { invoker } = createFakeInstance();
  const answer = await invoker.invoke(name, given, { principal: NOBODY, client: "-" });
  if (answer.state !== "done") throw new Error("not done");
  return answer.result;
}

/** What apt itself reads from a source file: one line for each index it would fetch. */
async function aptTargets(text: string, extension: "list" | "sources"): Promise<string[]> {
  const dir = mkdtempSync(join(tmpdir(), "mbd-apt-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  mkdirSync(join(dir, "parts"));
  writeFileSync(join(dir, "parts", `x.${extension}`), text);
  writeFileSync(
    join(dir, "apt.conf"),
    `Dir::Etc::parts "/dev/null"; Dir::Etc::main "/dev/null"; Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "${dir}/parts"; Dir::State::lists "${dir}/lists"; Dir::Cache "${dir}/cache"; Dir::State::status "/dev/null";`,
  );
  const args = [
    "-q=0",
    "indextargets",
    "--no-release-info",
    "--format",
    "$(SITE) $(RELEASE) $(COMPONENT) $(ARCHITECTURE) $(CREATED_BY)",
  ];
  const result = await exec("apt-get", args, { env: { APT_CONFIG: join(dir, "apt.conf") } });
  expect(result.stderr).toBe("");
  return (
    result.stdout
      // Sources have no architecture: apt leaves the word as it is.
      .replaceAll("$(ARCHITECTURE)", "")
      .split("\n")
      .filter((line) => / (?:[^ ]* Packages|.* Sources)$/.test(line) && !line.endsWith(" all Packages"))
      .sort()
  );
}

test("status lists problems, if there are any", async () => {
  const { deps } = createFakeInstance();
  const context = { principal: NOBODY, client: "-", given: {} };
  const run = (problems: readonly string[]) =>
    createStatus({ ...deps.status, problems: async () => problems }).run(
      { with_repositories: false, with_queue: false },
      context,
    );

  expect(await run([])).not.toHaveProperty("problems");
  expect(await run(["Chroot bookworm arm64 (stale)"])).toMatchObject({
    problems: ["Chroot bookworm arm64 (stale)"],
  });
});

test("status lists the queue when it is asked for", async () => {
  expect(await call("status")).not.toHaveProperty("queue");
  expect(await call("status", { with_queue: "True" })).toMatchObject({
    queue: { running: [], waiting: [{ waits: "waits for a free slot, next in turn" }], more: true },
  });
});

const SITE = "http://build.example.org:8066/repositories/test";

describe("sources_list", () => {
  test("deb822: apt reads exactly the suites, components and architectures", async () => {
    const text = String(
      await call("sources_list", { suites: "unstable", types: "deb,deb-src", rollbacks: "1" }),
    );
    const targets = await aptTargets(text, "sources");
    const expected = ["bookworm-test-unstable", "bookworm-test-unstable-rollback0"].flatMap((suite) =>
      ["main", "contrib"].flatMap((component) => [
        `${SITE} ${suite} ${component} amd64 Packages`,
        `${SITE} ${suite} ${component} arm64 Packages`,
        `${SITE} ${suite} ${component}  Sources`,
      ]),
    );
    expect(targets).toEqual(expected.sort());
  });
  test("deb822: the key is inline, blank lines as dots", async () => {
    const text = String(await call("sources_list"));
    const [stanza] = parseStanzas(text.replace(/^#.*\n/gm, "").trimStart(), { what: "sources" });
    expect(stanza?.get("Signed-By")).toContain("-----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n");
    expect(stanza?.get("Suites")).toBe("bookworm-test-stable bookworm-test-unstable");
  });
  test("one-line: same targets, the key by its path", async () => {
    const text = String(await call("sources_list", { format: "one-line", suites: "stable" }));
    expect(text).toContain("signed-by=/usr/share/keyrings/acme-archive-keyring.gpg]");
    expect(await aptTargets(text, "list")).toEqual(
      ["contrib", "main"].flatMap((component) => [
        `${SITE} bookworm-test-stable ${component} amd64 Packages`,
        `${SITE} bookworm-test-stable ${component} arm64 Packages`,
      ]),
    );
  });
  test("options have the names of each format", async () => {
    const options = "check-valid-until=no,inrelease-path=InRelease";
    const deb822 = String(await call("sources_list", { options, key: "none" }));
    expect(deb822).toContain("\nCheck-Valid-Until: no\nInRelease-Path: InRelease\n");
    expect(deb822).not.toContain("Signed-By");
    expect(String(await call("sources_list", { options, format: "one-line" }))).toContain(
      "[arch=amd64,arm64 check-valid-until=no inrelease-path=InRelease signed-by=",
    );
  });
  test("a moment is an archive root, a named snapshot a suite, a mirror another root", async () => {
    expect(String(await call("sources_list", { snapshot: "20240102T030405Z" }))).toContain(
      `URIs: ${SITE}/snapshots/20240102T030405Z/\n`,
    );
    expect(String(await call("sources_list", { snapshot: "2024-w01", suites: "stable" }))).toContain(
      "Suites: bookworm-test-stable/snapshots/2024-w01\n",
    );
    expect(String(await call("sources_list", { mirror: "https://mirror.example.org/acme/" }))).toContain(
      "URIs: https://mirror.example.org/acme/test/\n",
    );
  });
  test.each(["../x", "W01", "a_b", "x.new", "20240102T0304Z", "a".repeat(65)])(
    "'%s' is no name that a snapshot can have",
    async (snapshot) => {
      await expect(call("sources_list", { snapshot })).rejects.toMatchObject({
        code: "bad_argument",
        message: expect.stringContaining("neither a time stamp YYYYMMDDTHHMMSSZ nor the name of a snapshot"),
      });
    },
  );
  test("a name that could be either is a name", async () => {
    expect(String(await call("sources_list", { snapshot: "20240102t030405z" }))).toContain(
      "/snapshots/20240102t030405z\n",
    );
  });
  test("nothing that fits is an error, not an empty file", async () => {
    const { deps } = createFakeInstance();
    const empty = createSourcesList({ ...deps.sourcesList, distributions: async () => [] });
    const values = {
      ...{ repositories: ["test"], codenames: ["bookworm"], suites: ["stable"], types: ["deb"] },
      ...({ format: "deb822", options: [], rollbacks: 0, snapshot: "", mirror: "" } as const),
      ...({ with_extra_sources: false, key: "inline" } as const),
    };

    await expect(empty.run(values, { principal: NOBODY, client: "-", given: {} })).rejects.toMatchObject({
      code: "not_found",
    });
  });
  test("a suite that nothing has is refused with those that there are", async () => {
    await expect(call("sources_list", { suites: "stable,hotfix" })).rejects.toMatchObject({
      code: "bad_argument",
      params: { argument: "suites", reason: "'hotfix' is not one of: stable, unstable" },
    });
  });
  test("the text of a distribution for a page is what the call says of it alone", async () => {
    const { deps } = createFakeInstance();
    for (const item of await deps.sourcesList.distributions())
      for (const rollbacks of [0, 1, 2]) {
        const { codename: codenames, repository: repositories, suite: suites } = item;
        const given = { codenames, repositories, suites, rollbacks: String(rollbacks) };
        expect(sourcesText(deps.sourcesList, item, rollbacks)).toBe(await call("sources_list", given));
      }
  });
  test.each([{ types: "rpm" }, { options: "trusted" }, { options: "a=b]" }])("refuses %o", async (given) => {
    await expect(call("sources_list", given)).rejects.toMatchObject({ code: "bad_argument" });
  });
});

describe("dput_conf", () => {
  test("python's parser, which dput uses, reads both targets", async () => {
    const script =
      "import configparser,json,sys; c=configparser.ConfigParser(interpolation=None); c.read_string(sys.stdin.read()); print(json.dumps({s:dict(c[s]) for s in c.sections()}))";
    const result = await exec("python3", ["-c", script], { input: String(await call("dput_conf")) });
    expect(JSON.parse(result.stdout)).toMatchObject({
      "mini-buildd-acme": { method: "ftp", fqdn: "build.example.org:8067", incoming: "/incoming" },
      "mini-buildd-acme-http": { method: "http", fqdn: "build.example.org:8066", incoming: "/upload/" },
    });
  });
  test("the global section can be left out", async () => {
    expect(String(await call("dput_conf"))).toMatch(/^\[DEFAULT\]/);
    expect(String(await call("dput_conf", { without_global: true }))).toMatch(/^\[mini-buildd-acme\]/);
  });
  test.each([
    ["https://mini-buildd.example.org", "https", "mini-buildd.example.org"],
    ["http://[2001:db8::1]:8066", "http", "[2001:db8::1]:8066"],
  ])("the HTTP target is the public address %s", async (url, method, fqdn) => {
    const { deps } = createFakeInstance();
    const context = { principal: NOBODY, client: "-", given: {} };

    const text = await createDputConf({ ...deps.dputConf, url }).run(
      { without_global: true, dput_ng_profile: false },
      context,
    );

    expect(text).toContain(`[mini-buildd-acme-http]\nmethod      = ${method}\nfqdn        = ${fqdn}\n`);
    expect(text).toContain("fqdn        = build.example.org:8067\n");
  });
  test("a dput-ng profile", async () => {
    expect(await call("dput_conf", { dput_ng_profile: true })).toMatchObject({
      method: "ftp",
      incoming: "/incoming",
    });
  });
});

describe("ls", () => {
  test.each([
    [{}, ["bookworm-test-unstable"]],
    [{ version: "2.10-3~test12+1" }, ["bookworm-test-unstable"]],
    [{ version: "2.10-3" }, []],
    [{ min_version: "2.9" }, ["bookworm-test-unstable"]],
    [{ min_version: "2.10-3" }, []],
  ])("%o", async (given, distributions) => {
    expect(Object.keys((await call("ls", { source: "hello", ...given })) as object)).toEqual(distributions);
  });
  test("a version that is none is refused", async () => {
    await expect(call("ls", { source: "hello", min_version: "1:2:3" })).rejects.toMatchObject({
      code: "bad_argument",
    });
  });
});

test("pub_key is the armoured key", async () => {
  expect(await call("pub_key")).toMatch(/^-----BEGIN PGP PUBLIC KEY BLOCK-----/);
});

test("debdiff is told whether somebody asks who is signed in", async () => {
  const { deps, invoker } = createFakeInstance();
  const asked: boolean[] = [];
  deps.debdiff.debdiff = async ({ anonymous }) => {
    asked.push(anonymous);
    return "";
  };
  const given = { source: "hello", version_a: "1", version_b: "2" };

  await invoker.invoke("debdiff", given, { principal: NOBODY, client: "-" });
  const jane = { kind: "user", level: "LOGIN", name: "jane", userId: 1 } as const;
  await invoker.invoke("debdiff", given, { principal: jane, client: "-" });

  expect(asked).toEqual([true, false]);
});

test("debdiff is asked for two versions that are versions", async () => {
  const given = { source: "hello", version_a: "1.0-1", version_b: "1.0-2" };

  expect(await call("debdiff", given)).toBe("--- hello-1.0-1/x\n+++ hello-1.0-2/x\n");
  await expect(call("debdiff", { ...given, version_b: "../2" })).rejects.toMatchObject({
    code: "bad_argument",
    params: { argument: "version_b" },
  });
});

describe("debmirror", () => {
  const admin = { level: "ADMIN", kind: "user", name: "admin" } as const;
  const plan = async (given: Record<string, Given>) => {
    const { invoker } = createFakeInstance();
    const answer = await invoker.invoke(
      "debmirror",
      { destination: "m", ...given },
      { principal: admin, client: "-" },
    );
    return answer.state === "unconfirmed" ? answer.plan : [];
  };

  test("says what it would mirror where", async () => {
    expect(await plan({ suites: "stable", with_rollbacks: "True", architectures: "amd64" })).toEqual([
      "Mirror bookworm-test-stable, bookworm-test-stable-rollback0, bookworm-test-stable-rollback1 of repository test " +
        "for amd64, with sources, in /var/lib/mini-buildd/mirrors/m/test; what was mirrored there before and is not named now goes.",
    ]);
  });

  test.each([
    [{ architectures: "../x" }, "bad_argument"],
    [{ architectures: "riscv64" }, "not_found"],
    [{ codenames: "sid" }, "bad_argument"],
  ])("refuses %j", async (given, code) => {
    await expect(plan(given)).rejects.toMatchObject({ code });
  });
});
