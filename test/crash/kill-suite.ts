import { randomInt } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EventView } from "#events";
import {
  type AptLoop,
  buildsOf,
  createPackages,
  ftpConnect,
  httpBegin,
  type Instance,
  type Packages,
  type SourcePackage,
  sendByFtp,
  sendByHttp,
  startAptLoop,
  startInstance,
  waitFor,
  waitForEnd,
} from "#testing";

/** Where an upload is when the daemon dies. */
interface Stage {
  readonly name: string;
  /** True for the rows of an upload that is there. */
  reached(at: Position): boolean;
  /** The daemon dies up to so much later. */
  readonly spreadMs: number;
}

/** The rows of one package, as far as they exist. */
interface Position {
  readonly upload: string | undefined;
  readonly packaging: string | undefined;
  readonly committed: boolean;
  readonly build: string | undefined;
}

const STAGES: readonly Stage[] = [
  { name: "verifying", reached: (at) => at.upload !== undefined && at.packaging === undefined, spreadMs: 5 },
  {
    name: "queued",
    reached: (at) => at.packaging === "QUEUED" || at.build === "QUEUED" || at.build === "LEASED",
    spreadMs: 10,
  },
  { name: "building", reached: (at) => at.build === "BUILDING", spreadMs: 10_000 },
  { name: "storing", reached: (at) => at.build === "UPLOADING", spreadMs: 2 },
  { name: "installing", reached: (at) => at.packaging === "INSTALLING" && !at.committed, spreadMs: 2 },
  { name: "publishing", reached: (at) => at.packaging === "INSTALLING" && at.committed, spreadMs: 2 },
];

const REACH_MS = 120_000;
/** A try may come too late for a short stage; so many tries are made to hit it. */
const TRIES = 8;

/**
 * kill -9 at any moment loses nothing (pipeline.md 1): after a new start each upload ends INSTALLED, a running build is
 * the same build, and clients see the old or the new state, never a broken one.
 */
export function describeKills(killsPerStage: number): void {
  let instance: Instance;
  let packages: Packages;
  let apt: AptLoop;
  let serial = 0;
  let kills = 0;

  beforeAll(async () => {
    instance = await startInstance();
    packages = await createPackages(instance);
    const sources = await instance.api("sources_list", {
      codenames: instance.codename,
      repositories: "test",
      suites: "unstable",
    });
    apt = await startAptLoop(String(sources).replace(/^URIs: http:\/\/[^/]+/m, `URIs: ${instance.url}`));
  });

  afterAll(async () => {
    await apt?.stop();
    await packages?.close();
    await instance?.close();
  });

  async function make(build: readonly string[] = []): Promise<SourcePackage> {
    serial += 1;
    return await packages.make({ name: `mbd-kill${serial}`, build });
  }

  async function killAndStart(): Promise<void> {
    kills += 1;
    await apt.away(async () => {
      await instance.daemon.kill9();
      await instance.daemon.start();
    });
  }

  async function expectInstalled(made: SourcePackage): Promise<EventView> {
    const installed = await waitForEnd(instance, made, "INSTALLED");
    const ends = (await instance.events()).filter(
      (event) => event.source === made.source && ["INSTALLED", "FAILED", "REJECTED"].includes(event.type),
    );
    expect(ends).toHaveLength(1);
    const listed = (await instance.api("ls", { source: made.source })) as Record<string, { version: string }>;
    expect(listed[made.distribution]?.version).toBe(made.version);
    return installed;
  }

  function positionOf(made: SourcePackage): Position {
    const [row] = instance.rows(
      `SELECT u.state AS upload, p.state AS packaging, p.committed_at AS committed, b.state AS build
       FROM upload u LEFT JOIN packaging p ON p.upload_id = u.id LEFT JOIN build b ON b.packaging_id = p.id
       WHERE u.changes_name = ?`,
      basename(made.changes),
    );
    const text = (value: unknown) => (typeof value === "string" ? value : undefined);
    return {
      upload: text(row?.upload),
      packaging: text(row?.packaging),
      committed: text(row?.committed) !== undefined,
      build: text(row?.build),
    };
  }

  describe.each(["FTP", "HTTP"] as const)("killed while receiving by %s", (by) => {
    test.each(Array.from({ length: killsPerStage }, (_, index) => index + 1))("time %i", async () => {
      const made = await make();
      // Clients send the .changes last.
      const broken = randomInt(made.files.length);
      const file = made.files[broken] ?? made.changes;
      const content = await readFile(file);
      const part = content.subarray(0, randomInt(content.length));
      if (by === "FTP") {
        const client = await ftpConnect(instance.ftpPort);
        await client.send(made.files.slice(0, broken));
        await client.begin(basename(file), part);
        await killAndStart();
        client.destroy();
        await sendByFtp(instance.ftpPort, made.files);
      } else {
        const session = `kill-session-${serial}-xxxxxxxx`;
        const name = encodeURIComponent(basename(file));
        if (broken > 0) await sendByHttp(instance.httpPort, made.files.slice(0, broken), session);
        const begun = await httpBegin(instance.httpPort, {
          ...{ name, content: part, lengthBytes: content.length, session },
        });
        await killAndStart();
        begun.destroy();
        await sendByHttp(instance.httpPort, made.files, session);
      }

      await expectInstalled(made);
    });
  });

  /** Sends packages until the daemon died while one was in the stage; all of them must come through. */
  async function killIn(stage: Stage): Promise<{ made: SourcePackage; died: Position }> {
    for (let tries = 1; ; tries += 1) {
      const made = await make(stage.name === "building" ? ["sleep 4"] : []);
      await sendByFtp(instance.ftpPort, made.files);
      await waitFor(
        () => {
          const at = positionOf(made);
          return stage.reached(at) || at.packaging === "INSTALLED" ? true : undefined;
        },
        { timeoutMs: REACH_MS, what: `${made.source} is ${stage.name}`, pauseMs: 1 },
      );
      await delay(randomInt(stage.spreadMs));
      let died: Position | undefined;
      kills += 1;
      await apt.away(async () => {
        await instance.daemon.kill9();
        died = positionOf(made);
        await instance.daemon.start();
      });
      if (died !== undefined && stage.reached(died)) return { made, died };
      await expectInstalled(made);
      if (tries === TRIES)
        throw new Error(`${TRIES} packages came through without a kill while ${stage.name}`);
    }
  }

  describe.each(STAGES)("killed while $name", (stage) => {
    test.each(Array.from({ length: killsPerStage }, (_, index) => index + 1))("time %i", async () => {
      const { made, died } = await killIn(stage);

      const installed = await expectInstalled(made);
      // A build that had begun is taken up, not begun anew.
      if (died.build === undefined || ["QUEUED", "LEASED"].includes(died.build)) return;
      const [build] = await buildsOf(instance, installed.packaging);
      expect(build?.attempt).toBe(1);
      expect(build?.log.match(/^sbuild \(Debian sbuild\)/gm)).toHaveLength(1);
    });
  });

  test("an apt client that updated all the time saw nothing but a daemon that was away", async () => {
    const updates = apt.updates;
    await waitFor(() => (apt.updates > updates + 1 ? true : undefined), {
      timeoutMs: 60_000,
      what: "apt goes on updating",
    });

    expect(await apt.stop()).toEqual([]);
    expect(kills).toBeGreaterThanOrEqual(killsPerStage * (STAGES.length + 2));
    expect(apt.updates - apt.down).toBeGreaterThan(kills);
  });
}
