import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Database, openTestDatabase } from "#db";
import { MbdError } from "#platform";
import type { ChangeRequest, DistributionPlan, PlannedEntry } from "./change-request.ts";
import {
  brokenRules,
  createTestSuites,
  type TestSuites,
  testPackage,
  testRelease,
} from "./suites-support.ts";

let db: Database;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

// Few names and versions, so that everything meets everything.
const source = fc.constantFrom("a", "a", "b");
const version = fc.constantFrom("1", "1-0", "2", "3", "4");
const component = fc.constantFrom("main", "contrib");
const live = fc.constantFrom("one", "two", "many");
const anywhere = fc.constantFrom(
  "one",
  "two",
  "many",
  "one-rollback0",
  "one-rollback1",
  "two-rollback0",
  "two-rollback2",
);
const optional = <T>(key: string, value: fc.Arbitrary<T>) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: value.map((it) => ({ [key]: it })) },
  );

const copy = fc
  .tuple(anywhere, live, source, optional("version", version), optional("component", component))
  .chain(([from, to, name, ...more]) =>
    fc
      .tuple(optional("toComponent", component), optional("force", fc.boolean()))
      .map((rest) => Object.assign({ kind: "copy" as const, from, to, source: name }, ...more, ...rest)),
  );
const copyAll = fc.record({
  kind: fc.constant("copy-all" as const),
  from: live,
  to: live,
  force: fc.boolean(),
});
const remove = fc
  .tuple(
    anywhere,
    source,
    optional("version", version),
    optional("component", component),
    optional("arch", fc.constantFrom("amd64", "arm64")),
    optional("keepRollback", fc.boolean()),
  )
  .map(([distribution, name, ...more]) =>
    Object.assign({ kind: "remove" as const, distribution, source: name }, ...more),
  );
const rollback = fc.constantFrom("one-rollback0", "two-rollback0", "one-rollback1", "two-rollback1");
const restore = fc
  .tuple(rollback, source, optional("component", component), fc.constantFrom(true, true, false))
  .map(([distribution, name, more, replace]) =>
    Object.assign({ kind: "restore" as const, distribution, source: name, replace }, more),
  );
const install = fc
  .tuple(
    live,
    fc.constantFrom("main", "main", "contrib"),
    source,
    version,
    fc.constantFrom("", "", "x"),
    fc.boolean(),
  )
  .map(([distribution, where, name, number, variant, force]) => ({
    kind: "install" as const,
    distribution,
    release: testRelease("", where, { name, version: number, variant }),
    force,
  }));
const add = fc
  .tuple(
    live,
    component,
    fc.array(
      fc.record({
        name: fc.constantFrom("a", "b", "a-doc"),
        source,
        version: fc.constantFrom("1", "1+b1", "2", "2+b1", "4"),
        sourceVersion: version,
        arch: fc.constantFrom("amd64", "arm64", "all"),
        variant: fc.constantFrom("", "", "x"),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    fc.constantFrom("refuse" as const, "skip" as const, "replace" as const),
  )
  .map(([distribution, where, items, lower]) => ({
    kind: "add" as const,
    distribution,
    component: where,
    packages: items.map((item) => testPackage(where, item)),
    lower,
  }));

const expire = fc
  .tuple(fc.constantFrom("one", "two"), fc.integer({ min: 0, max: 6 }))
  .map(([distribution, hours]) => ({ kind: "expire" as const, distribution, listedBefore: `${hours}` }));

const request: fc.Arbitrary<ChangeRequest> = fc.oneof(
  { weight: 5, arbitrary: install },
  { weight: 3, arbitrary: add },
  { weight: 3, arbitrary: copy },
  { weight: 1, arbitrary: copyAll },
  { weight: 2, arbitrary: remove },
  { weight: 2, arbitrary: restore },
  { weight: 1, arbitrary: expire },
);

/** Something in every suite and rollback, so that the rest has something to meet. */
const beginning = ["one", "two"].flatMap((distribution) =>
  ["1", "2", "3"].map((number): ChangeRequest => {
    const release = testRelease("", "main", {
      name: "a",
      version: distribution === "one" ? number : `${number}+c1`,
    });
    return { kind: "install", distribution, release };
  }),
);

let count = 0;
/** Numbers tell how often a change went through, so that a test that refuses all is seen. */
const done = new Map<string, number>();

test("any sequence of changes keeps the rules, and does exactly what its plans say", {
  timeout: 300_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 15, maxLength: 25, size: "max" }), async (requests) => {
      count += 1;
      const suites = await manySuites(`r${count}`);
      for (const step of beginning) await check(suites, within(step, suites.repository));
      for (const step of requests) await check(suites, within(step, suites.repository));
    }),
    { numRuns: 8, endOnFailure: true },
  );
  for (const kind of ["copy", "copy-all", "remove", "restore", "install", "add", "expire"]) {
    expect(done.get(kind) ?? 0, `${kind} that changed something`).toBeGreaterThan(0);
  }
});

/** Distributions are there once in an instance. */
function within(step: ChangeRequest, repository: string): ChangeRequest {
  const named = (name: string) => `${repository}-${name}`;
  switch (step.kind) {
    case "copy":
    case "copy-all":
      return { ...step, from: named(step.from), to: named(step.to) };
    case "install":
      return { ...step, distribution: named(step.distribution), release: { ...step.release, repository } };
    case "expire":
      return {
        ...step,
        distribution: named(step.distribution),
        listedBefore: hoursAgo(Number(step.listedBefore)),
      };
    default:
      return { ...step, distribution: named(step.distribution) };
  }
}

/** An hour more with each change. */
let now = Date.UTC(2026, 0, 1);
const hoursAgo = (hours: number) => new Date(now - hours * 3_600_000).toISOString();

async function manySuites(repository: string): Promise<TestSuites> {
  const suites = createTestSuites(db, repository, { now: () => new Date(now) });
  await suites.live(`${repository}-one`, { rollbacks: 2 });
  await suites.live(`${repository}-two`, { rollbacks: 3 });
  await suites.live(`${repository}-many`, { rollbacks: 0, versions: 2 });
  return suites;
}

async function check(suites: TestSuites, step: ChangeRequest): Promise<void> {
  now += 3_600_000;
  const before = { packages: await suites.content(), sources: await suites.sources() };
  const planned = await suites.plan(step).catch(refusal);
  const applied = await suites.apply(step).catch(refusal);
  const after = { packages: await suites.content(), sources: await suites.sources() };
  expect(await brokenRules(db, suites.repository)).toEqual([]);
  if (typeof applied === "string" || typeof planned === "string") {
    expect(applied).toBe(planned);
    expect(after).toEqual(before);
    return;
  }
  if (applied.changed.length > 0) done.set(step.kind, (done.get(step.kind) ?? 0) + 1);
  expect(applied.plan).toEqual(planned);
  const differ = differing(before.packages, after.packages);
  expect(applied.changed).toEqual(expect.arrayContaining(differ));
  expect(planned.distributions.map(({ distribution }) => distribution)).toEqual(
    expect.arrayContaining(differ),
  );
  for (const plan of planned.distributions) {
    const isLive = [...plan.added, ...plan.removed].some(({ packages }) => packages !== undefined);
    const part = isLive ? "packages" : "sources";
    const lines = asPlanned(before[part][plan.distribution] ?? [], plan);
    expect(lines).toEqual(after[part][plan.distribution] ?? []);
  }
}

function refusal(error: unknown): string {
  // Everything else is a mistake of ours.
  if (!(error instanceof MbdError)) throw error;
  return `${error.code}: ${error.message}`;
}

function differing(before: Record<string, string[]>, after: Record<string, string[]>): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.filter((name) => (before[name] ?? []).join("\n") !== (after[name] ?? []).join("\n"));
}

/** What a distribution holds after just what the plan says. */
function asPlanned(before: readonly string[], { added, removed }: DistributionPlan): string[] {
  const gone = new Set(removed.flatMap(linesOf));
  return [...before.filter((line) => !gone.has(line)), ...added.flatMap(linesOf)].sort();
}

function linesOf({ component, source: name, version: number, packages }: PlannedEntry): string[] {
  if (packages === undefined) return [`${component} ${name} ${number}`];
  return packages.map((item) => `${component} ${item.kind} ${item.name} ${item.version} ${item.arch}`);
}
