import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { testPackage } from "#archive/testing";
import { type PortQuestion, planPort, port } from "./port.ts";
import {
  addCodename,
  ELSEWHERE,
  EXPERIMENTAL,
  openPortsBench,
  type PortsBench,
  UNSTABLE,
  VERSION,
} from "./ports-support.ts";

// Sources are made with the real tools.
vi.setConfig({ testTimeout: 60_000 });

let bench: PortsBench;
beforeEach(async () => {
  bench = await openPortsBench();
});
afterEach(() => bench.close());

type Wanted = Partial<PortQuestion>;
const QUESTION = { source: "hello", fromDistribution: UNSTABLE, options: ["lintian-mode=IGNORE"] };
const ported = (wanted: Wanted) =>
  port(bench, { ...QUESTION, toDistributions: [ELSEWHERE], ...wanted }, "ada");
const planned = (wanted: Wanted) => planPort(bench, { ...QUESTION, toDistributions: [ELSEWHERE], ...wanted });

describe("port", () => {
  test("reserves a bkey and asks for a job, for each target with its version", async () => {
    await bench.install();
    const toDistributions = [ELSEWHERE, EXPERIMENTAL];
    const plan = await planned({ toDistributions });

    const answers = await ported({ toDistributions });

    const bkeys = [
      "hello/1.0-1~acme12+1/20240102T030405Z/source",
      "hello/1.0-1~test12+0+1/20240102T030405Z/source",
    ];
    expect(answers).toEqual([
      { target: ELSEWHERE, version: "1.0-1~acme12+1", bkey: bkeys[0], job: `port:${bkeys[0]}` },
      { target: EXPERIMENTAL, version: "1.0-1~test12+0+1", bkey: bkeys[1], job: `port:${bkeys[1]}` },
    ]);
    expect(plan).toEqual([
      `Port hello ${VERSION} from ${UNSTABLE} to ${ELSEWHERE} as 1.0-1~acme12+1 (lintian-mode=IGNORE).`,
      `Port hello ${VERSION} from ${UNSTABLE} to ${EXPERIMENTAL} as 1.0-1~test12+0+1 (lintian-mode=IGNORE).`,
    ]);
    const [request] = await bench.requests();
    expect(request).toMatchObject({
      ...{ bkey: bkeys[0], kind: "internal", state: "open", from_distribution: UNSTABLE, url: "" },
      ...{ dsc: `hello_${VERSION}.dsc`, requested_by: "ada", priority: 0 },
    });
    expect(JSON.parse(request?.kept ?? "")).toHaveLength(3);
    const jobs = await bench.jobs("port");
    expect(jobs.map(({ subject }) => subject)).toEqual(bkeys.map((bkey) => `port:${bkey}`));
  });

  test("goes to another base with the mark of that", async () => {
    await addCodename(bench, { codename: "sid", codeversion: "~SID" }, ["test"]);
    await bench.install("1.0-1~test12+2+hotfix1");

    const [answer] = await ported({ toDistributions: ["sid-test-unstable"] });

    expect(answer).toMatchObject({ target: "sid-test-unstable", version: "1.0-1~test~SID+2+hotfix1" });
  });

  test("from and to the same distribution is a rebuild, also from a rollback of it", async () => {
    await bench.install();
    await bench.install("1.0-1~test12+2");

    expect(await planned({ toDistributions: [UNSTABLE] })).toEqual([
      expect.stringMatching(/^Rebuild hello .* as 1\.0-1~test12\+2\+rebuilt20240102030405 /),
    ]);
    const [answer] = await ported({ toDistributions: [UNSTABLE] });
    const older = await ported({ fromDistribution: `${UNSTABLE}-rollback0`, toDistributions: [UNSTABLE] });

    expect(answer).toMatchObject({ version: "1.0-1~test12+2+rebuilt20240102030405" });
    expect(older).toEqual([{ target: UNSTABLE, error: expect.stringContaining("1.0-1~test12+2") as string }]);
  });

  test("takes what a rollback holds", async () => {
    await bench.install();
    await bench.install("1.0-1~test12+2");

    const [answer] = await ported({ fromDistribution: `${UNSTABLE}-rollback0` });

    expect(answer).toMatchObject({ target: ELSEWHERE, version: "1.0-1~acme12+1" });
  });

  test("a bad target does not stop the others", async () => {
    await bench.install();
    const bad = [
      "bookworm-acme-stable",
      `${ELSEWHERE}-rollback0`,
      "sid-acme-unstable",
      "bookworm-test-hotfix",
    ];
    const toDistributions = [...bad, ELSEWHERE];

    const answers = await ported({ toDistributions });
    const plan = await planned({ toDistributions });

    expect(answers).toEqual([
      ...bad.map((target) => ({ target, error: expect.stringMatching(/\S/) as string })),
      expect.objectContaining({ target: ELSEWHERE, version: "1.0-1~acme12+1" }),
    ]);
    // What is on its way now, too.
    expect(plan).toEqual([...bad, ELSEWHERE].map((target) => expect.stringMatching(`^Not for ${target}: .`)));
    expect(await bench.requests()).toHaveLength(1);
  });

  test("what is on its way is not asked for twice", async () => {
    await bench.install();
    const [first] = await ported({});

    const [second] = await ported({});

    expect(second).toMatchObject({
      error: expect.stringContaining((first as { bkey: string }).bkey) as string,
    });
  });

  const refusals: [string, string, Wanted][] = [
    ["nothing of the name is there", "not_found", { source: "other" }],
    ["the distribution does not hold it", "not_found", { fromDistribution: EXPERIMENTAL }],
    ["another version is there", "version_mismatch", { version: "1.1" }],
    ["the distribution is none", "unknown_suite", { fromDistribution: "bookworm-test-nothing" }],
    ["an option is wrong", "bad_argument", { options: ["lintian-mode=NO"] }],
  ];
  test.each(refusals)("is refused when %s (%s), planned or not", async (_why, code, wanted) => {
    await bench.install();

    await expect(planned(wanted)).rejects.toMatchObject({ code });
    await expect(ported(wanted)).rejects.toMatchObject({ code });
    expect(await bench.requests()).toEqual([]);
  });

  test("of two components the version decides", async () => {
    await bench.install();
    await bench.install("2.0-1~test12+1", UNSTABLE, "contrib");

    await expect(ported({})).rejects.toMatchObject({ code: "ambiguous" });
    const [answer] = await ported({ version: "2.0-1~test12+1" });

    expect(answer).toMatchObject({ version: "2.0-1~acme12+1" });
  });

  test("packages that came without their source cannot be ported", async () => {
    const packages = [testPackage("main", { name: "hello", version: VERSION })];
    const change = {
      kind: "add",
      distribution: UNSTABLE,
      component: "main",
      packages,
      lower: "replace",
    } as const;
    await bench.db.write((tx) => bench.archive.apply(tx, change));

    await expect(ported({})).rejects.toThrow(`The source package of hello ${VERSION} in ${UNSTABLE}`);
  });
});
