import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AptJudge, createAptJudge, run } from "#testing";
import { type CountingProxy, startCountingProxy } from "./counting-proxy.ts";
import { type CrashHome, createCrashHome } from "./crash-home.ts";
import { COMPONENTS, WATCHED, type WorkOrder } from "./driver-protocol.ts";
import { type FileServer, startFileServer } from "./server-process.ts";
import { findBroken } from "./whole.ts";

const HOUR_MS = 3_600_000;

export interface Load {
  readonly clients: number;
  readonly publishes: number;
}

/**
 * Many apt clients update all the time while the archive changes all the time: none may complain. Nothing is fetched
 * twice by a client whose archive has not changed.
 */
export function describeArchiveLoad({ clients, publishes }: Load): void {
  let home: CrashHome;
  let server: FileServer;
  let proxy: CountingProxy;
  let judges: AptJudge[] = [];

  beforeAll(async () => {
    home = await createCrashHome(new Date(Date.now() - HOUR_MS));
    const program = await home.bundle("test/crash/archive/file-server.ts");
    server = await startFileServer(program, join(home.home, "repositories"));
    proxy = await startCountingProxy(server.port);
    judges = await Promise.all(Array.from({ length: clients }, () => createClient()));
  });

  afterAll(async () => {
    await Promise.all(judges.map((judge) => judge.close()));
    await proxy?.close();
    await server?.close();
    await home?.close();
  });

  async function createClient(): Promise<AptJudge> {
    const judge = await createAptJudge(
      'APT::Architecture "amd64"; APT::Architectures "amd64";\n',
      // They have machines of their own in life; here they share one with the archive.
      10,
    );
    const where = `URIs: http://127.0.0.1:${proxy.port}/repositories/test/\nSuites: ${WATCHED.join(" ")}`;
    const what = `Components: ${COMPONENTS.join(" ")}\nSigned-By: ${home.keyring}`;
    await judge.setSources(`Types: deb deb-src\n${where}\n${what}\n`);
    return judge;
  }

  test(`${clients} clients update while ${publishes} changes are published`, async () => {
    const updates: number[] = [];
    const changes: number[] = [];
    const objections: string[] = [];
    const state = { running: true };
    async function client(judge: AptJudge): Promise<void> {
      do {
        const begun = performance.now();
        const { exitCode, complaints, output } = await judge.update();
        updates.push(performance.now() - begun);
        if (exitCode !== 0 || complaints.length > 0) objections.push(output);
      } while (state.running);
    }
    const driver = home.startDriver();
    const now = new Date(Date.now() - HOUR_MS / 2).toISOString();
    const work = { releases: home.releases, seed: 1, changes: publishes };
    const order: WorkOrder = { ...home.common, ...work, mode: "work", now };
    const begun = performance.now();
    const all = judges.map((judge) => client(judge));
    const ended = await driver.run(
      order,
      (line) => {
        const ms = /^done \S+ (\d+)$/.exec(line)?.[1];
        if (ms !== undefined) changes.push(Number(ms));
      },
      600_000 + publishes * 10_000,
    );
    state.running = false;
    await Promise.all(all);
    const seconds = (performance.now() - begun) / 1000;

    expect(ended).toMatchObject({ exitCode: 0, complaints: [] });
    expect(changes).toHaveLength(publishes);
    expect(objections).toEqual([]);
    expect(updates.length).toBeGreaterThanOrEqual(clients);
    expect(findBroken(home.root, publishes + 2)).toEqual([]);
    process.stdout.write(`${figures(seconds, updates, changes)}\n`);
  });

  test("a second update of an unchanged archive asks for each InRelease once and fetches nothing", async () => {
    const judge = await createClient();
    judges.push(judge);
    await judge.update();
    const before = { ...proxy.traffic, unchanged: proxy.traffic.releases.get(304) ?? 0 };

    const again = await judge.update();

    expect(again).toMatchObject({ exitCode: 0, complaints: [] });
    expect(again.output).toMatch(/^Hit:/m);
    expect(again.output).not.toMatch(/^Get:/m);
    expect(proxy.traffic.requests - before.requests).toBe(WATCHED.length);
    expect((proxy.traffic.releases.get(304) ?? 0) - before.unchanged).toBe(WATCHED.length);
    expect(proxy.traffic.bytes).toBe(before.bytes);
  });

  test("downloads of large files do not hold up small answers", async () => {
    const large = join(home.root, "pool/main/large.deb");
    await run("truncate", ["-s", "400M", large]);
    const url = `http://127.0.0.1:${server.port}`;
    const quiet = await latencies(`${url}/api/`, 20);
    const state = { running: true, bytes: 0 };
    async function fetchLarge(): Promise<void> {
      while (state.running) {
        const answer = await fetch(`${url}/repositories/test/pool/main/large.deb`);
        const reader = answer.body?.getReader();
        for (;;) {
          const part = await reader?.read();
          state.bytes += part?.value?.length ?? 0;
          if (part === undefined || part.done || !state.running) break;
        }
        await reader?.cancel();
      }
    }
    const begun = performance.now();
    const downloads = Array.from({ length: 16 }, () => fetchLarge());
    const busy = await latencies(`${url}/api/`, 100);
    const seconds = (performance.now() - begun) / 1000;
    state.running = false;
    await Promise.all(downloads);

    expect(median(busy)).toBeLessThan(500);
    const rate = state.bytes / 1e6 / seconds;
    process.stdout.write(
      `small answers: median ${median(quiet).toFixed(1)} ms; beside 16 downloads (${rate.toFixed(0)} MB/s in all) ${spread(busy)} ms\n`,
    );
  });

  function figures(seconds: number, updates: readonly number[], changes: readonly number[]): string {
    const { requests, bytes, releases } = proxy.traffic;
    const asked = [...releases.values()].reduce((sum, each) => sum + each, 0);
    const unchanged = Math.round(((releases.get(304) ?? 0) / asked) * 100);
    return [
      `${clients} apt clients, ${publishes} changes in ${seconds.toFixed(0)} s, no error:`,
      `  ${updates.length} updates, ${spread(updates)} ms`,
      `  a change until all its distributions are published: ${spread(changes)} ms`,
      `  ${requests} requests, ${(bytes / 1e6).toFixed(1)} MB; InRelease unchanged (304) ${unchanged} % of ${asked}`,
    ].join("\n");
  }
}

async function latencies(url: string, times: number): Promise<number[]> {
  const all: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const begun = performance.now();
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
    await answer.arrayBuffer();
    all.push(performance.now() - begun);
  }
  return all;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function spread(values: readonly number[]): string {
  return `median ${median(values).toFixed(0)}, at most ${Math.max(...values).toFixed(0)}`;
}
