const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

/** What even the smallest file takes of a disk. */
export const FILE_BYTES = 4096;

/** What an unauthenticated sender can make us hold, and for how long. All of it can be set. */
export interface IncomingLimits {
  readonly fileBytes: number;
  /** Of files that no upload has taken yet, per session. */
  readonly sessionBytes: number;
  readonly sessionFiles: number;
  /** Of all files of one address that are in no accepted upload; rejected ones count until they are deleted. */
  readonly addressBytes: number;
  /** The same of all addresses. */
  readonly totalBytes: number;
  /** How many such files: many small ones use up other things of a disk than bytes. */
  readonly addressFiles: number;
  readonly totalFiles: number;
  /** A .changes that could not be read whole into memory is none. */
  readonly changesBytes: number;
  /** .changes files of one session that still wait for files. */
  readonly pendingChanges: number;
  readonly sessionsPerAddress: number;
  readonly sessions: number;
  /** Uploads are refused below this. More than builds need (`diskFreeBytes`): uploads must not end them. */
  readonly freeDiskBytes: number;
  readonly idleSeconds: number;
  /** Most time one file or one FTP connection may take. */
  readonly totalSeconds: number;
  /** HTTP: a session ends this long after its last file, a .changes is given up this long after it came. */
  readonly httpSessionSeconds: number;
  /** Files that no upload took are deleted after this. */
  readonly unusedSeconds: number;
  /** Files of rejected uploads are deleted after this. */
  readonly rejectedSeconds: number;
}

export const DEFAULT_LIMITS: IncomingLimits = {
  fileBytes: 8 * GiB,
  sessionBytes: 16 * GiB,
  sessionFiles: 1000,
  addressBytes: 32 * GiB,
  totalBytes: 128 * GiB,
  addressFiles: 5000,
  totalFiles: 100_000,
  changesBytes: MiB,
  pendingChanges: 50,
  sessionsPerAddress: 8,
  sessions: 64,
  freeDiskBytes: 6 * GiB,
  idleSeconds: 300,
  totalSeconds: 24 * 3600,
  httpSessionSeconds: 3600,
  unusedSeconds: 24 * 3600,
  rejectedSeconds: 2 * 24 * 3600,
};
