import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { NOBODY } from "#accounts";
import { createTestGpg, type TestGpg } from "#keys";
import { exec } from "#platform";
import type { Given } from "../index.ts";
import type { AptExtraSource, SourcesListDeps } from "./sources-list.ts";
import { createFakeInstance } from "./testing.ts";

// apt-get of this machine judges: it reads the text, fetches what it names, and checks the signatures.
vi.setConfig({ testTimeout: 60_000 });

const SECURITY = "bookworm-security";
let gpg: TestGpg;
let own: string;
let others: string;
let dir: string;
let server: Server;
let url: string;
let extra: AptExtraSource;

beforeAll(async () => {
  gpg = createTestGpg();
  [own, others] = [await gpg.makeKey("Own"), await gpg.makeKey("Others")];
  // As archives do it: what signs is a subkey.
  await gpg.gpg(["--quick-add-key", others, "ed25519", "sign", "never"]);
});
afterAll(() => gpg.close());

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "mbd-extra-"));
  server = createServer((request, response) => {
    try {
      response.end(readFileSync(join(dir, "www", decodeURIComponent(request.url ?? "/"))));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const suite of ["bookworm-test-stable", "bookworm-test-unstable"])
    await archive(`repositories/test/dists/${suite}`, suite, own);
  await archive(`security/dists/${SECURITY}`, SECURITY, others);
  extra = {
    ...{ uri: `${url}/security/`, suite: SECURITY, components: ["main", "contrib", "updates"] },
    ...{ architectures: ["amd64", "riscv64"], keyring: await gpg.keyring(others), checkValidUntil: true },
  };
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(dir, { recursive: true });
});

/** A signed suite with one package in each index. */
async function archive(path: string, suite: string, key: string, validUntil = ""): Promise<void> {
  const sums: string[] = [];
  for (const component of ["main", "contrib"]) {
    const text = `Package: ${suite}-${component}\nVersion: 1\nArchitecture: all\nFilename: x\nSize: 1\nSHA256: ${"0".repeat(64)}\n`;
    const file = `${component}/binary-amd64/Packages`;
    mkdirSync(dirname(join(dir, "www", path, file)), { recursive: true });
    writeFileSync(join(dir, "www", path, file), text);
    sums.push(` ${createHash("sha256").update(text).digest("hex")} ${text.length} ${file}`);
  }
  const release = [
    ...[`Origin: Test`, `Suite: ${suite}`, `Codename: ${suite}`, "Date: Thu, 01 Jan 2026 00:00:00 UTC"],
    ...["Architectures: amd64", "Components: main contrib", ...(validUntil === "" ? [] : [validUntil])],
    ...["SHA256:", ...sums, ""],
  ].join("\n");
  writeFileSync(
    join(dir, "www", path, "InRelease"),
    await gpg.gpg(["--local-user", key, "--clearsign"], release),
  );
}

async function sourcesText(given: Record<string, Given>): Promise<string> {
  const { deps, invoker } = createFakeInstance();
  const { sourcesList } = deps;
  const { distributions } = sourcesList;
  const publicKeyArmored = await gpg.gpg(["--armor", "--export", own]);
  Object.assign(sourcesList, {
    ...{ url, keyringPath: join(dir, "own.gpg"), publicKeyArmored: () => publicKeyArmored },
    distributions: async () => (await distributions()).map((it) => ({ ...it, architectures: ["amd64"] })),
    extraSources: async () =>
      new Map(["stable", "unstable"].map((suite) => [`bookworm-test-${suite}`, [extra]])),
  } satisfies Partial<SourcesListDeps>);
  const asked = { with_extra_sources: true, ...given };
  const answer = await invoker.invoke("sources_list", asked, { principal: NOBODY, client: "-" });
  return answer.state === "done" ? String(answer.result) : "";
}

/** `apt-get update` in a root of its own, which trusts some keys already; what it complains of and what it has then. */
async function aptUpdate(text: string, trusted: readonly string[] = []) {
  const root = mkdtempSync(join(dir, "apt-"));
  for (const each of ["parts", "trusted", "lists/partial", "cache/archives/partial"])
    mkdirSync(join(root, each), { recursive: true });
  const name = text.startsWith("deb ") || text.includes("\ndeb ") ? "x.list" : "x.sources";
  writeFileSync(join(root, "parts", name), text);
  writeFileSync(join(dir, "own.gpg"), await gpg.keyring(own));
  for (const key of trusted) writeFileSync(join(root, "trusted", `${key}.gpg`), await gpg.keyring(key));
  writeFileSync(join(root, "status"), "");
  const settings = {
    ...{ "Etc::parts": "/dev/null", "Etc::main": "/dev/null", "Etc::sourcelist": "/dev/null" },
    ...{
      "Etc::sourceparts": `${root}/parts`,
      "Etc::trusted": "/dev/null",
      "Etc::trustedparts": `${root}/trusted`,
    },
    ...{ "Etc::preferences": "/dev/null", "Etc::preferencesparts": "/dev/null" },
    ...{ "State::lists": `${root}/lists`, "State::status": `${root}/status`, Cache: `${root}/cache` },
  };
  const lines = Object.entries(settings).map(([key, value]) => `Dir::${key} "${value}";`);
  const common = 'APT::Architecture "amd64"; APT::Architectures { "amd64"; }; APT::Sandbox::User "root";';
  const env = { APT_CONFIG: join(root, "apt.conf") };
  writeFileSync(env.APT_CONFIG, `${lines.join("\n")}\n${common}\nAcquire::Languages "none";\n`);
  const updated = await exec("apt-get", ["-q=0", "update"], { env });
  const listed = await exec("apt-cache", ["pkgnames"], { env });
  return {
    complaints: `${updated.stdout}${updated.stderr}`.split(/[\r\n]+/).filter((line) => /^[WEN]:/.test(line)),
    packages: listed.stdout
      .split("\n")
      .filter((line) => line !== "")
      .sort(),
  };
}

const OWN_PACKAGES = ["stable", "unstable"].flatMap((suite) =>
  ["contrib", "main"].map((component) => `bookworm-test-${suite}-${component}`),
);
const EXTRA_PACKAGES = [`${SECURITY}-contrib`, `${SECURITY}-main`];
const ALL_PACKAGES = [...EXTRA_PACKAGES, ...OWN_PACKAGES].sort();

describe("extra sources", () => {
  test("are one stanza with their own key inside, and apt takes all of it without a word", async () => {
    const text = await sourcesText({});

    const judged = await aptUpdate(text);

    expect(judged).toEqual({ complaints: [], packages: ALL_PACKAGES });
    const [, , stanza = ""] = text.split(/^Types: /m);
    expect(stanza).toMatch(
      /^deb\nURIs: .*\/security\/\nSuites: bookworm-security\nComponents: main contrib\nArchitectures: amd64\nSigned-By:\n -----BEGIN/,
    );
    expect(text.match(/^Types: /gm)).toHaveLength(2);
  });

  test("signed by another key than the source's are not taken", async () => {
    extra = { ...extra, keyring: await gpg.keyring(own) };

    const { complaints, packages } = await aptUpdate(await sourcesText({}), [others]);

    expect(complaints.join("\n")).toContain("bookworm-security");
    expect(packages).toEqual(OWN_PACKAGES);
  });

  test.each([
    ["one-line", { format: "one-line" }],
    ["with keys by their paths", { key: "path" }],
  ])("%s: the key is named, for an apt that has it", async (_what, given) => {
    const text = await sourcesText(given);

    const trusting = await aptUpdate(text, [others]);
    const wrong = await aptUpdate(text, [own]);

    expect(trusting).toEqual({ complaints: [], packages: ALL_PACKAGES });
    expect(wrong.packages).toEqual(OWN_PACKAGES);
    expect(text).toContain(others);
    expect(text).toContain("# Keys of extra sources are named by their fingerprints");
  });

  test("without keys, name none", async () => {
    const text = await sourcesText({ key: "none" });

    expect(text).toContain("/security/");
    expect(text).not.toContain("Signed-By");
  });

  test("stay where they are, whatever is asked of the repositories here", async () => {
    for (const given of [
      { mirror: "https://mirror.example.org/" },
      { snapshot: "w01" },
      { rollbacks: "2" },
    ]) {
      const text = await sourcesText({ suites: "stable", ...given });
      expect(text).toContain(`URIs: ${url}/security/\nSuites: bookworm-security\n`);
    }
  });

  test("are left out where nothing of them is wanted, and without being asked for", async () => {
    const without = await sourcesText({ with_extra_sources: false });
    extra = { ...extra, architectures: ["riscv64"] };
    const otherArch = await sourcesText({});
    extra = { ...extra, architectures: ["amd64"], components: ["non-free"] };
    const otherComponent = await sourcesText({});

    for (const text of [without, otherArch, otherComponent]) expect(text).not.toContain("/security/");
  });

  test("whose time is over are taken only where the source says so", async () => {
    await archive(
      `security/dists/${SECURITY}`,
      SECURITY,
      others,
      "Valid-Until: Fri, 02 Jan 2026 00:00:00 UTC",
    );

    const checked = await aptUpdate(await sourcesText({}));
    extra = { ...extra, checkValidUntil: false };
    const text = await sourcesText({});
    const unchecked = await aptUpdate(text);

    expect(checked.complaints.join("\n")).toContain("expired");
    expect(unchecked).toEqual({ complaints: [], packages: ALL_PACKAGES });
    expect(text.match(/^Check-Valid-Until: no$/gm)).toHaveLength(1);
    const said = await sourcesText({ options: "check-valid-until=yes" });
    expect(said).not.toContain("Check-Valid-Until: no");
  });
});
