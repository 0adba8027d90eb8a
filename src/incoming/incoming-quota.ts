import type { Database } from "#db";
import { addressGroup, MbdError } from "#platform";
import { heldByClient } from "./incoming-store.ts";
import type { IncomingLimits } from "./limits.ts";

/** What senders make us hold beyond their sessions, by address and in all (security.md 6). */
export interface Quota {
  /** Counts bytes that are being received and in no row yet; negative ones when that is over. */
  coming(client: string, bytes: number): void;
  /** @throws MbdError `incoming_full` when there would be too many bytes with further `bytes`. */
  check(client: string, bytes?: number): Promise<void>;
}

export function createQuota(deps: { db: Database; limits: IncomingLimits }): Quota {
  const onTheirWay = new Map<string, number>();

  return {
    coming(client, bytes) {
      const group = addressGroup(client);
      const sum = (onTheirWay.get(group) ?? 0) + bytes;
      if (sum === 0) onTheirWay.delete(group);
      else onTheirWay.set(group, sum);
    },
    async check(client, bytes = 0) {
      const group = addressGroup(client);
      const { addressBytes, totalBytes } = deps.limits;
      const rows = await heldByClient(deps.db.read);
      const near = rows.filter((row) => addressGroup(row.client) === group);
      const mine = sumOf(near.map((row) => row.bytes)) + (onTheirWay.get(group) ?? 0);
      if (mine + bytes > addressBytes) throw full(client, mine, addressBytes);
      const all = sumOf(rows.map((row) => row.bytes)) + sumOf([...onTheirWay.values()]);
      if (all + bytes > totalBytes) throw full("all clients", all, totalBytes);
    },
  };
}

function full(from: string, bytes: number, limit: number): MbdError {
  return new MbdError("incoming_full", { from, bytes, limit });
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
