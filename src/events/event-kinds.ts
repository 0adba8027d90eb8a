/** One type of event: the reference, the mails and the hooks read the same table. */
export interface EventKind {
  readonly when: string;
  /** What is in `data`, and what it means; a value may be absent. */
  readonly data: Readonly<Record<string, string>>;
  /** People are told by mail (pipeline.md 10). */
  readonly mailed: boolean;
}

const BUILDS = "builds with `id`, `arch`, `build_all`, `optional`, `state`, `reason`";
const LEFT = "earlier versions that are kept then, newest first";

/** All things that happen (pipeline.md 9). */
export const EVENT_KINDS = {
  REJECTED: {
    when: "an upload was refused",
    data: {
      errors: "`code`, `message` and `hint` of each reason",
      origin: "`ftp`, `http`, `cli` or `internal`",
      changes: "name of the .changes",
      from: "address of the sender, if there is no upload",
    },
    mailed: true,
  },
  PACKAGING: { when: "it is known what is to be built", data: { builds: BUILDS }, mailed: false },
  BUILDING: {
    when: "a build began",
    data: { attempt: "number of the attempt", worker: "who builds" },
    mailed: false,
  },
  BUILT: {
    when: "a build ended, well or not",
    data: {
      state: "`BUILT`, `SKIPPED` or `FAILED`",
      reason: "why it failed",
      attempt: "number of the attempt",
      seconds: "how long it took",
      qa: "result of `lintian`, `autopkgtest` and `piuparts`",
      qaLines: "of tools with WARN, FAIL or ERROR, the first lines that say why",
    },
    mailed: false,
  },
  DEP_WAIT: {
    when: "a build waits for a dependency (first time only)",
    data: { missing: "what it needs", waitsFor: "those of them that are on their way" },
    mailed: true,
  },
  INSTALLED: {
    when: "a package is visible to apt",
    data: {
      builds: BUILDS,
      replaced: "version that was there before",
      rollbacks: LEFT,
      also_in: "other components that hold the source",
      ports: "what became of `auto-ports`: `target`, with `bkey` or `error`",
    },
    mailed: true,
  },
  FAILED: { when: "a packaging failed", data: { builds: BUILDS, reason: "why" }, mailed: true },
  CANCELLED: {
    when: "somebody cancelled a packaging, a build or a port",
    data: { builds: BUILDS, scope: "`packaging`, `build` or `port`" },
    mailed: true,
  },
  MIGRATED: {
    when: "a version came to a suite from another one or from a rollback",
    data: {
      kind: "`migrate` or `restore`",
      from: "distribution it came from",
      to: "distribution it came to",
      replaced: "version that was there before",
      rollbacks: LEFT,
    },
    mailed: true,
  },
  REMOVED: {
    when: "a version left a suite or a rollback",
    data: { kind: "`remove`", from: "distribution", to: "rollback that keeps it", rollbacks: LEFT },
    mailed: true,
  },
  PORTED: {
    when: "a port was made, or could not be; a test package ended",
    data: {
      target: "distribution",
      version: "version of the port",
      upload: "number of the upload it made",
      error: "why there is none",
      from: "distribution it was ported from",
      url: "address of the .dsc",
      vouched_by: "`archive`, `https` or `hash`",
      package: "name of a test package that ended",
      expected: "how it should end",
      got: "how it ended",
    },
    mailed: false,
  },
  RETRIED: {
    when: "a packaging was started again",
    data: { old: "its build key", new: "build key of the new one" },
    mailed: false,
  },
  SNAPSHOT: {
    when: "a named state of a distribution was made or deleted",
    data: { action: "`create` or `delete`", name: "of the snapshot" },
    mailed: false,
  },
  CHROOT: {
    when: "a chroot was made, or could not be",
    data: {
      chroot: "`CODENAME:ARCHITECTURE`",
      stamp: "when it was made",
      seconds: "how long that took",
      sizeBytes: "size of the tarball",
      error: "why it could not be made",
    },
    mailed: false,
  },
  SOURCE: {
    when: "a base distribution changed, or could not be checked",
    data: { source: "its number", origin: "`Debian`", state: "`active` or `error`", changes: "what is new" },
    mailed: false,
  },
  BUILDER: {
    when: "somebody started or stopped the engine, or a drain has ended",
    data: { state: "`running`, `draining` or `stopped`", builds: "builds that run" },
    mailed: false,
  },
} as const satisfies Record<string, EventKind>;

export type EventType = keyof typeof EVENT_KINDS;

export const EVENT_TYPES = Object.keys(EVENT_KINDS) as readonly EventType[];
