import type { ReadyChroot } from "#chroots";
import type { Database, Tx } from "#db";
import type { Events } from "#events";
import type { WorkTime } from "#jobs";
import type { BlobStore, Clock, Exec, Home, Log } from "#platform";
import type { BuildLimits, BuildRequest } from "./build-description.ts";
import type { BuildRow } from "./build-store.ts";
import type { Coming } from "./dep-wait.ts";
import type { CgroupPlaces } from "./runner/task.ts";

export interface BuildWorkerDeps {
  readonly db: Database;
  readonly home: Home;
  readonly blobs: BlobStore;
  readonly events: Pick<Events, "record">;
  readonly clock: Clock;
  readonly log: Log;
  readonly exec: Exec;
  /** The bundled runner, dist/runner.js. */
  readonly runnerPath: string;
  /** Builds at once; default: number of CPUs. */
  readonly slots?: number;
  /** For all builds together; default: those of the machine. */
  readonly processors?: number;
  /** The machine's memory, of which builds get a part. Default: what it has. */
  readonly memoryBytes?: number;
  /** `dpkg --print-architecture` of the machine. */
  readonly hostArch: string;
  /** Name of this worker in rows and events. */
  readonly worker: string;
  describe(buildId: number): Promise<BuildRequest>;
  /** A chroot to use, or why there is none yet: `wakeHeldBuilds` when there is one. Throws when it cannot be made. */
  chroot(codename: string, arch: string): Promise<ReadyChroot | { readonly wait: string }>;
  /** Told in the transaction of each change of a build's state that packaging may have to act on. */
  changed(tx: Tx, buildId: number): Promise<void>;
  /** Which of the missing packages (`name (>= version)`) are being built or installed where this build could use them. */
  onItsWay(build: BuildRow, missing: readonly string[]): Promise<readonly Coming[]>;
  /** Why a queued build cannot begin yet, if so. */
  hold?(build: BuildRow): Promise<string | undefined>;
  /** Whether the own suites of the build hold all of the missing packages: then another resolver is tried. */
  inOwnSuites?(build: BuildRow, missing: readonly string[]): Promise<boolean>;
  /** Told of an archive, as the build's apt names it, that could not be fetched from: others come first for a while. */
  archiveFailed?(uri: string): Promise<void>;
  /** Told of an address in such an archive: what a cache has of it may be wrong. */
  fileFailed?(address: string): Promise<void>;
  /** Source that already owns a package name in the target suite, if another one may not take it. */
  ownerOf?(build: BuildRow, packageName: string): Promise<string | undefined>;
  /** Most that this machine allows one build; the smaller of this and the description counts. */
  readonly limits?: Partial<BuildLimits>;
  /** Default: what the machine offers. */
  readonly cgroups?: CgroupPlaces;
  /** State of the engine: only while it runs do builds begin; `stopped` ends those that run. Default: it runs. */
  readonly engine?: () => "running" | "draining" | "stopped";
  /** How long a build waits for dependencies that are on their way. Default 6 h; 0: not at all. */
  readonly depWaitSeconds?: number;
  /** Which time counts against limits of waiting. Default: all. */
  readonly workTime?: Pick<WorkTime, "left">;
}

/** Builder failures before a build fails for good, and the pauses before it is tried again (pipeline.md B8). */
export const MAX_ATTEMPTS = 3;
export const PAUSE_SECONDS: readonly number[] = [60, 300, 900];

export function pauseAfter(attempt: number): number {
  return PAUSE_SECONDS[Math.min(attempt, PAUSE_SECONDS.length) - 1] ?? 0;
}
