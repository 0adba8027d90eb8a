import { afterAll, beforeAll, expect, test } from "vitest";
import {
  buildsOf,
  createPackages,
  type Instance,
  type Packages,
  type SourcePackage,
  sendByHttp,
  startInstance,
  waitForEnd,
} from "#testing";

/** Three builds one after the other, on a machine that may be busy. */
const LIMIT_MS = 900_000;

let instance: Instance;
let packages: Packages;

beforeAll(async () => {
  instance = await startInstance();
  packages = await createPackages(instance);
});
afterAll(async () => {
  await packages?.close();
  await instance?.close();
});

const send = (made: SourcePackage) => sendByHttp(instance.httpPort, made.files, `session-${made.source}`);

test(
  "a chain of packages that build-depend each on the one before is installed, uploaded in reverse order",
  async () => {
    const first = await packages.make({ name: "mbd-chain-a" });
    const second = await packages.make({ name: "mbd-chain-b", buildDepends: `${first.source} (>= 1.0~)` });
    const third = await packages.make({
      name: "mbd-chain-c",
      buildDepends: `${second.source}, ${first.source}`,
    });

    for (const made of [third, second, first]) await send(made);

    const ends = [];
    for (const made of [first, second, third])
      ends.push(await waitForEnd(instance, made, "INSTALLED", LIMIT_MS));
    expect(ends.map(({ id }) => id)).toEqual(ends.map(({ id }) => id).sort((a, b) => a - b));
    const events = await instance.events();
    const waits = (of: SourcePackage) =>
      events.filter(({ type, source }) => type === "DEP_WAIT" && source === of.source);
    // Each was tried at once, found that something is missing that comes, and says so once.
    expect(waits(second)).toMatchObject([
      {
        message: `waits for ${first.source} (>= 1.0~), being built by ${first.source} ${first.version}`,
        data: { missing: `${first.source} (>= 1.0~)` },
      },
    ]);
    // Twice, when a package comes in the midst of its try.
    expect([1, 2]).toContain(waits(third).length);
    expect(waits(third)[0]?.message).toContain(`${second.source}, `);
    for (const { packaging } of ends) {
      expect(await buildsOf(instance, packaging)).toMatchObject([{ state: "BUILT", attempt: 1 }]);
    }
  },
  LIMIT_MS,
);

test(
  "a missing dependency that nobody brings fails the build at once, and is named",
  async () => {
    const made = await packages.make({ name: "mbd-lonely", buildDepends: "mbd-nosuch-dev (>= 2)" });

    await send(made);

    const event = await waitForEnd(instance, made, "FAILED", LIMIT_MS);
    const [build] = await buildsOf(instance, event.packaging);
    expect(build).toMatchObject({ state: "FAILED", reason: "dep_wait", attempt: 1 });
    const built = (await instance.events()).find(
      ({ type, packaging }) => type === "BUILT" && packaging === event.packaging,
    );
    expect(built?.message).toBe("build dependencies cannot be installed: mbd-nosuch-dev (>= 2)");
  },
  LIMIT_MS,
);
