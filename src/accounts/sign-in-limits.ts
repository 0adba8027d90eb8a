import type { Clock } from "#platform";
import { createAttemptLimit } from "./attempt-limit.ts";

/** How often passwords may be tried; in memory, as each lock ends by itself soon. */
export interface SignInLimits {
  /** Counts an attempt, before the password is looked at. @throws MbdError too_many */
  begin(name: string, client: string): void;
  succeeded(name: string, client: string): void;
  /** Ends the lock of an account. */
  lift(name: string): void;
}

const MINUTE_MS = 60_000;

/** Of an account: by name, whether it exists or not, so that nobody learns which do. */
export function createSignInLimits(clock: Clock): SignInLimits {
  const what = "attempts to sign in";
  const accounts = createAttemptLimit({ clock, max: 10, windowMs: 15 * MINUTE_MS, what });
  const addresses = createAttemptLimit({ clock, max: 20, windowMs: MINUTE_MS, what });
  return {
    begin(name, client) {
      addresses.begin(client);
      accounts.begin(keyOf(name));
    },
    succeeded(name, client) {
      addresses.undo(client);
      accounts.forget(keyOf(name));
    },
    lift: (name) => accounts.forget(keyOf(name)),
  };
}

function keyOf(name: string): string {
  return name.slice(0, 64).toLowerCase();
}
