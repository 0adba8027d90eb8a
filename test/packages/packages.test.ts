import { afterAll, beforeAll, expect, test } from "vitest";
import type { EventView } from "#events";
import {
  type AptJudge,
  createAptJudge,
  createPackages,
  type Instance,
  type Packages,
  readJson,
  SANDBOX,
  startInstance,
} from "#testing";
import { type Outcome, outcomeOf, tableOf } from "./outcomes.ts";
import { REAL_PACKAGES, type RealPackage } from "./real-packages.ts";

// Packages as people really have them: ported from the base archive by the call, through the whole way of a daemon.
let instance: Instance;
let packages: Packages;
let apt: AptJudge;
let urls: ReadonlyMap<string, string>;
let ports: ReadonlyMap<string, { version: string; bkey: string }>;
const outcomes: Outcome[] = [];

beforeAll(async () => {
  instance = await startInstance();
  packages = await createPackages(instance);
  apt = await createAptJudge();
  await apt.setSources(`Types: deb-src
URIs: ${instance.archive}
Suites: ${instance.codename}
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`);
  expect(await apt.update()).toMatchObject({ exitCode: 0 });
  urls = await dscUrls(REAL_PACKAGES.map(({ source }) => source));
  // All at once: they build side by side.
  const asked = new Map<string, { version: string; bkey: string }>();
  for (const real of REAL_PACKAGES) asked.set(real.source, await port(real));
  ports = asked;
});

afterAll(async () => {
  process.stdout.write(`\n${tableOf(outcomes)}\n`);
  await apt?.close();
  await packages?.close();
  await instance?.close();
});

/** Addresses of the .dsc files, by source. */
async function dscUrls(sources: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const asked = ["-q", "source", "--print-uris", "--only-source", ...sources];
  const printed = (await apt.run("apt-get", asked)).stdout;
  const found = [...printed.matchAll(/^'([^']+\/([^/_]+)_[^/']+\.dsc)'/gm)];
  return new Map(found.map(([, url = "", source = ""]) => [decodeURIComponent(source), url]));
}

async function port({ source, options = [] }: RealPackage): Promise<{ version: string; bkey: string }> {
  const target = packages.distribution();
  const args = ["api", "local", "port_ext", urls.get(source) ?? source, target, "--yes", "--json"];
  const given = options.flatMap((option) => ["--option", option]);
  const [answer] = readJson(await instance.cli([...args, ...given])) as {
    version?: string;
    bkey?: string;
    error?: string;
  }[];
  expect(answer?.error).toBeUndefined();
  return { version: answer?.version ?? "", bkey: answer?.bkey ?? "" };
}

const ENDS: readonly EventView["type"][] = ["INSTALLED", "FAILED", "REJECTED", "CANCELLED", "PORTED"];

/** The end of a port: of its packaging, or of the port itself when that failed. */
async function endOf(bkey: string): Promise<EventView> {
  for (let after = 0; ; ) {
    const event = await instance.waitForEvent({ bkey, type: ENDS, after }, 3_600_000);
    if (event.type !== "PORTED" || event.data.error !== undefined) return event;
    after = event.id;
  }
}

test.each(REAL_PACKAGES)("$source ($kinds)", async (real) => {
  const { version = "", bkey = "" } = ports.get(real.source) ?? {};

  const event = await endOf(bkey);

  const outcome = await outcomeOf(instance, real, event);
  outcomes.push(outcome);
  expect(outcome).toMatchObject({ version, state: real.ends ?? "INSTALLED", reason: real.reason ?? "" });
  if (outcome.state === "INSTALLED") {
    const shown = JSON.stringify(await instance.api("ls", { source: real.source }));
    expect(shown).toContain(version);
    const published = instance.rows("SELECT kind, name FROM package WHERE source = ?", real.source);
    for (const name of real.binaries ?? [])
      expect(published).toContainEqual(expect.objectContaining({ name }));
  }
});

test("everything that was installed is there for apt, without a word", async () => {
  const text = await instance.api("sources_list", {
    codenames: instance.codename,
    repositories: SANDBOX,
    suites: "unstable",
  });
  await apt.setSources(
    String(text)
      .replace(/^URIs: http:\/\/[^/]+/m, `URIs: ${instance.url}`)
      .replace(/^Types: deb$/m, "Types: deb deb-src"),
  );

  expect(await apt.update()).toMatchObject({ exitCode: 0, complaints: [] });
  const check = await instance.cli(["archive", "check"]);
  expect(check.exitCode, `${check.stdout}${check.stderr}`).toBe(0);
  for (const { source, version, state } of outcomes) {
    if (state !== "INSTALLED") continue;
    const fetched = await apt.run("apt-get", ["-q", "source", "--print-uris", `${source}=${version}`]);
    expect(fetched.exitCode, fetched.stderr).toBe(0);
  }
});
