import type { Clock } from "#platform";

/** Minutes before builds ask again for a chroot that could not be made; the last one from then on. */
const PAUSE_MINUTES: readonly number[] = [1, 2, 5, 10, 15];

/**
 * Bounds how often builds ask for a chroot that cannot be made: all that wait for it share one pause, which grows. Only
 * what builds ask for: an administrator's remake, and the daily one, are made at once. A new daemon begins with a short
 * pause again.
 */
export interface MakingPauses {
  /** Whether it is too early to ask again for what failed last at this ISO time. */
  isEarly(key: string, failedAt: string): boolean;
  /** It is there. */
  forget(key: string): void;
}

interface Failure {
  readonly times: number;
  readonly at: string;
}

export function createMakingPauses(clock: Clock): MakingPauses {
  const failures = new Map<string, Failure>();
  return {
    isEarly(key, failedAt) {
      const last = failures.get(key);
      const times = last?.at === failedAt ? last.times : (last?.times ?? 0) + 1;
      failures.set(key, { times, at: failedAt });
      return clock.now().getTime() < Date.parse(failedAt) + pauseMs(times);
    },
    forget: (key) => void failures.delete(key),
  };
}

function pauseMs(times: number): number {
  return (PAUSE_MINUTES[Math.min(times, PAUSE_MINUTES.length) - 1] ?? 0) * 60_000;
}
