/** What a package may cost to read. All sizes count unpacked bytes. */
export interface DebLimits {
  /** Whole control member. */
  readonly controlBytes: number;
  /** The file `control` in it. */
  readonly stanzaBytes: number;
  /** Whole data member. */
  readonly dataBytes: number;
  /** How many times larger than packed a member may become; members up to 1 MiB are exempt. */
  readonly ratio: number;
  /** Entries of a tar archive. */
  readonly entries: number;
  /** One path name. */
  readonly pathBytes: number;
  /** All path names together: they are kept in memory. */
  readonly listBytes: number;
  readonly timeMs: number;
}

const MIB = 1024 * 1024;

export const DEFAULT_DEB_LIMITS: DebLimits = {
  controlBytes: 16 * MIB,
  stanzaBytes: 1 * MIB,
  dataBytes: 64 * 1024 * MIB,
  // Files of zeros are honest content (disk images), dataBytes and timeMs bound them.
  ratio: Number.POSITIVE_INFINITY,
  entries: 2_000_000,
  pathBytes: 4096,
  listBytes: 256 * MIB,
  timeMs: 15 * 60_000,
};
