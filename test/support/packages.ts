import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EventView } from "#events";
import { tail } from "./daemon.ts";
import { type Instance, SANDBOX } from "./instance.ts";
import { makeSourcePackage, type SourcePackage, type SourcePackageOptions } from "./source-package.ts";

/** Makes the source packages of a test, each in a directory of its own. */
export interface Packages {
  /** Version `1.0~test12+1` of the sandbox's unstable suite, unless said otherwise. */
  make(options: Partial<SourcePackageOptions> & { readonly name: string }): Promise<SourcePackage>;
  /** Version of a repository made of an upstream one: `1.0~acme12+1`. */
  version(upstream: string, repository?: string, revision?: number): string;
  distribution(repository?: string, suite?: string): string;
  /** A new empty directory. */
  dir(): Promise<string>;
  close(): Promise<void>;
}

export async function createPackages(
  instance: Pick<Instance, "codename" | "codeversion">,
): Promise<Packages> {
  const base = await mkdtemp(join(tmpdir(), "mbd-packages-"));
  const { codename, codeversion } = instance;
  const version: Packages["version"] = (upstream, repository = SANDBOX, revision = 1) =>
    `${upstream}~${repository}${codeversion}+${revision}`;
  const distribution: Packages["distribution"] = (repository = SANDBOX, suite = "unstable") =>
    `${codename}-${repository}-${suite}`;
  const dir = () => mkdtemp(join(base, "p-"));
  return {
    make: async (options) =>
      await makeSourcePackage({
        dir: await dir(),
        version: version("1.0"),
        distribution: distribution(),
        ...options,
      }),
    version,
    distribution,
    dir,
    close: () => rm(base, { recursive: true, force: true }),
  };
}

const ENDS = ["INSTALLED", "FAILED", "REJECTED", "CANCELLED"] as const;
export type End = (typeof ENDS)[number];

/** Waits until a package has come to an end, and throws with all that is known when it is another one. */
export async function waitForEnd(
  instance: Instance,
  of: { readonly source: string; readonly version: string; readonly after?: number; readonly bkey?: string },
  end: End,
  timeoutMs = 300_000,
): Promise<EventView> {
  const event = await instance.waitForEvent({ ...of, type: ENDS }, timeoutMs);
  if (event.type === end) return event;
  const builds = await buildsOf(instance, event.packaging);
  const tails = builds.map(({ log }) => tail(log, 60)).join("\n");
  const data = JSON.stringify(event.data);
  throw new Error(`${of.source} ${of.version} ended ${event.type}: ${event.message} ${data}\n${tails}`);
}

export interface BuildFacts {
  readonly id: number;
  readonly state: string;
  readonly reason: string | null;
  readonly attempt: number;
  /** As the instance serves it. */
  readonly log: string;
}

/** The builds of a packaging, with their logs. */
export async function buildsOf(instance: Instance, packaging: number | undefined): Promise<BuildFacts[]> {
  const sql = "SELECT id, state, reason, attempt FROM build WHERE packaging_id = ? ORDER BY id";
  const rows = instance.rows(sql, packaging ?? 0) as unknown as Omit<BuildFacts, "log">[];
  const pages = await Promise.all(rows.map(({ id }) => instance.page(`/builds/${id}/log`)));
  return rows.map((row, index) => ({ ...row, log: pages[index]?.text ?? "" }));
}
