import { z } from "zod";

/**
 * The administrator's direct hand on the archives: the same on the control socket of a daemon and on a home that no
 * daemon uses.
 */
export interface ArchiveAdmin {
  /**
   * Does one command. What it changes is changed as a whole or not at all, and (unless it says `wait: false`) apt sees
   * it when this returns.
   * @throws MbdError
   */
  run(request: ArchiveRequest, io: ArchiveIo): Promise<ArchiveReport>;
}

export interface ArchiveIo {
  /** Absolute paths of the files of `add`. */
  readonly files: readonly string[];
  /** Told now and then by what takes long. */
  progress(progress: ArchiveProgress): void;
  /** Aborted when nobody waits for the result any more; nothing is changed then, if it is not changed already. */
  readonly signal: AbortSignal;
}

export interface ArchiveProgress {
  /** What is being done, e.g. `reading`. */
  readonly what: string;
  readonly done: number;
  /** 0 while it is not known. */
  readonly total: number;
}

export interface ArchiveReport {
  /** What was done, one line a thing; for people. */
  readonly lines: readonly string[];
  /** The same as one JSON document. */
  readonly result: Readonly<Record<string, unknown>>;
  /** It went through, but what it found is not as it should be. */
  readonly failed?: boolean;
}

/** A line of the answer of `POST /admin/archive`; the last one is a report or an error. */
export type ArchiveAnswer =
  | { readonly progress: ArchiveProgress }
  | { readonly report: ArchiveReport }
  | { readonly error: unknown };

const distribution = z.string().min(1).max(200);
const name = z.string().min(1).max(200);
const names = z.array(z.string().min(1).max(64)).max(100);
const sources = z
  .array(z.strictObject({ source: name, version: z.string().min(1).max(200).optional() }))
  .min(1)
  .max(100_000);
const repository = z.string().min(1).max(64);
const timestamp = z.string().min(1).max(32);
const text = z.string().max(500);
const change = { wait: z.boolean().optional(), dryRun: z.boolean().optional() };
const component = z.string().min(1).max(64).optional();

/** How long a distribution keeps what is past; `rollbackDays` null: as long as the number of rollbacks allows. */
const retention = {
  momentDays: z.number().int().min(0).max(36_500).optional(),
  rollbackDays: z.number().int().min(1).max(36_500).nullable().optional(),
};

/** What Release and the indices of a distribution hold besides the usual. */
const options = z.strictObject({
  md5: z.boolean().optional(),
  sha1: z.boolean().optional(),
  translations: z.boolean().optional(),
  contents: z.boolean().optional(),
  validDays: z.number().int().min(1).max(3650).optional(),
  ...retention,
});

/** First line of the body of `POST /admin/archive`; names of files follow as JSON strings, one a line. */
export const archiveRequest = z.discriminatedUnion("command", [
  z.strictObject({
    command: z.literal("init"),
    distribution,
    components: names.optional(),
    architectures: names.optional(),
    rollbacks: z.number().int().min(0).max(999).optional(),
    versions: z.number().int().min(1).max(1000).optional(),
    origin: text.optional(),
    description: text.optional(),
    automatic: z.boolean().optional(),
    options: options.optional(),
    ...change,
  }),
  z.strictObject({
    command: z.literal("add"),
    distribution,
    component,
    force: z.boolean().optional(),
    ...change,
  }),
  z.strictObject({
    command: z.literal("copy"),
    from: distribution,
    to: distribution,
    sources: sources.optional(),
    full: z.boolean().optional(),
    component,
    force: z.boolean().optional(),
    ...change,
  }),
  z.strictObject({
    command: z.literal("remove"),
    distribution,
    sources,
    component,
    architecture: z.string().min(1).max(64).optional(),
    keepRollback: z.boolean().optional(),
    ...change,
  }),
  z.strictObject({
    command: z.literal("restore"),
    distribution,
    source: name,
    component,
    force: z.boolean().optional(),
    ...change,
  }),
  z.strictObject({
    command: z.literal("ls"),
    distribution: distribution.optional(),
    pattern: text.optional(),
  }),
  z.strictObject({
    command: z.literal("check"),
    repair: z.boolean().optional(),
    full: z.boolean().optional(),
    repository: repository.optional(),
  }),
  z.strictObject({ command: z.literal("keep"), distribution, ...retention }),
  z.strictObject({
    command: z.literal("rollback-pin"),
    distribution,
    sources: sources.optional(),
    pinned: z.boolean(),
  }),
  z.strictObject({ command: z.literal("gc"), dryRun: z.boolean().optional() }),
  z.strictObject({
    command: z.literal("reindex"),
    distribution: distribution.optional(),
    force: z.boolean().optional(),
  }),
  z.strictObject({
    command: z.literal("import"),
    distribution,
    from: z.string().min(1).max(4096),
    suite: name.optional(),
    keyring: z.string().min(1).max(4096).optional(),
    components: names.optional(),
    architectures: names.optional(),
    trusted: z.boolean().optional(),
    keepGoing: z.boolean().optional(),
    ...change,
  }),
  z.strictObject({ command: z.literal("snapshot-create"), distribution, name, ...change }),
  z.strictObject({ command: z.literal("snapshot-delete"), distribution, name, ...change }),
  z.strictObject({ command: z.literal("snapshot-list"), distribution }),
  z.strictObject({
    command: z.literal("moment-list"),
    repository,
    limit: z.number().int().min(1).max(100_000).optional(),
    pinned: z.boolean().optional(),
  }),
  z.strictObject({ command: z.literal("moment-pin"), repository, timestamp, pinned: z.boolean() }),
]);

export type ArchiveRequest = z.output<typeof archiveRequest>;
export type ArchiveCommand = ArchiveRequest["command"];
