import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { MbdError } from "./errors.ts";

export interface HomeLock {
  release(): void;
}

/**
 * Takes the one lock of a home, or throws `home_locked`. Node has no flock; an exclusive transaction on a small SQLite
 * file is the same kernel lock, and the kernel drops it however this process ends.
 */
export function lockHome(home: string): HomeLock {
  const lock = new Sqlite(join(home, "lock.sqlite"), { timeout: 0 });
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    throw new MbdError("home_locked", { home }, { cause: error });
  }
  return { release: () => lock.close() };
}
