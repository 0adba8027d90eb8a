import type { Database } from "#db";
import { addressGroup, type Clock, MbdError } from "#platform";
import { heldByClient } from "./incoming-store.ts";
import { FILE_BYTES, type IncomingLimits } from "./limits.ts";

export interface Amount {
  readonly files: number;
  readonly bytes: number;
}

/** What senders make us hold beyond their sessions, by address and in all (security.md 6). */
export interface Quota {
  /** Counts what is being received and in no row yet; negative amounts when that is over. */
  coming(client: string, amount: Amount): void;
  /** Counts a file that is in a row now. */
  came(client: string, bytes: number): void;
  /** @throws MbdError `incoming_full`, `incoming_too_many` when there would be too much with `more`. */
  check(client: string, more?: Amount): Promise<void>;
}

/** Rows are counted again when they are as old, or sooner: after one question for so many files that they tell of. */
const KNOWN_SECONDS = 10;
const FILES_PER_QUESTION = 100;
const NOTHING: Amount = { files: 0, bytes: 0 };

export function createQuota(deps: { db: Database; clock: Clock; limits: IncomingLimits }): Quota {
  const { addressBytes, addressFiles, totalBytes, totalFiles } = deps.limits;
  const onTheirWay = createTally();
  let known = { rows: createTally(), atMs: Number.NEGATIVE_INFINITY, questions: 0 };
  /** In rows since those were counted. */
  let since = createTally();

  /** Counting for each file all that is held would be quadratic: whoever sends many small files would keep us busy. */
  async function held(): Promise<readonly [Tally, Tally]> {
    known.questions += 1;
    const nowMs = deps.clock.now().getTime();
    const isOld = Math.abs(nowMs - known.atMs) >= KNOWN_SECONDS * 1000;
    if (!isOld && known.questions * FILES_PER_QUESTION < known.rows.all().files) return [known.rows, since];
    // From before they are read: what comes meanwhile may count twice, but never not at all.
    since = createTally();
    const rows = createTally();
    for (const { client, ...amount } of await heldByClient(deps.db.read)) rows.add(client, amount);
    known = { rows, atMs: nowMs, questions: 0 };
    return [rows, since];
  }

  return {
    coming: (client, amount) => onTheirWay.add(client, amount),
    came: (client, bytes) => since.add(client, { files: 1, bytes: Math.max(bytes, FILE_BYTES) }),
    async check(client, more = NOTHING) {
      const tallies = [...(await held()), onTheirWay];
      const bytes = more.files === 0 ? more.bytes : Math.max(more.bytes, FILE_BYTES);
      const check = (from: string, now: Amount, maxBytes: number, maxFiles: number) => {
        if (now.bytes + bytes > maxBytes)
          throw new MbdError("incoming_full", { from, bytes: now.bytes, limit: maxBytes });
        if (now.files + more.files > maxFiles)
          throw new MbdError("incoming_too_many", { from, count: now.files, limit: maxFiles });
      };
      check(client, sumOf(tallies.map((tally) => tally.of(client))), addressBytes, addressFiles);
      check("all clients", sumOf(tallies.map((tally) => tally.all())), totalBytes, totalFiles);
    },
  };
}

interface Tally {
  add(client: string, amount: Amount): void;
  /** Of the address group of a client. */
  of(client: string): Amount;
  all(): Amount;
}

function createTally(): Tally {
  const groups = new Map<string, Amount>();
  let all = NOTHING;
  return {
    add(client, amount) {
      const group = addressGroup(client);
      const sum = sumOf([groups.get(group) ?? NOTHING, amount]);
      if (sum.files === 0 && sum.bytes === 0) groups.delete(group);
      else groups.set(group, sum);
      all = sumOf([all, amount]);
    },
    of: (client) => groups.get(addressGroup(client)) ?? NOTHING,
    all: () => all,
  };
}

function sumOf(amounts: readonly Amount[]): Amount {
  let sum = NOTHING;
  for (const { files, bytes } of amounts) sum = { files: sum.files + files, bytes: sum.bytes + bytes };
  return sum;
}
