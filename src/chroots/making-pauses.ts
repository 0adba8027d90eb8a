import type { Clock } from "#platform";

/** Minutes before builds have a chroot made again that could not be made; the last one from then on. */
const PAUSE_MINUTES: readonly number[] = [1, 2, 5, 10, 15];

/**
 * Bounds how often builds have a chroot made that cannot be: all that wait for it share one pause, which grows. Only
 * what builds ask for: an administrator's remake, and the daily one, are made at once. A new daemon tries at once, too.
 */
export interface MakingPauses {
  /** Makes it, or fails as the last time while the pause lasts. */
  make<T>(key: string, work: () => Promise<T>): Promise<T>;
  /** It is there. */
  forget(key: string): void;
}

interface Failure {
  readonly times: number;
  readonly at: number;
  readonly error: unknown;
}

export function createMakingPauses(clock: Clock): MakingPauses {
  const failures = new Map<string, Failure>();
  return {
    async make(key, work) {
      const last = failures.get(key);
      if (last !== undefined && clock.now().getTime() < last.at + pauseMs(last.times)) throw last.error;
      try {
        return await work();
      } catch (error) {
        // Those that waited for the same making failed together: that counts once.
        const isSame = failures.get(key)?.error === error;
        const times = (last?.times ?? 0) + 1;
        if (!isSame) failures.set(key, { times, at: clock.now().getTime(), error });
        throw error;
      }
    },
    forget: (key) => void failures.delete(key),
  };
}

function pauseMs(times: number): number {
  return (PAUSE_MINUTES[Math.min(times, PAUSE_MINUTES.length) - 1] ?? 0) * 60_000;
}
