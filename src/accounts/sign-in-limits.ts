import { addressGroup, type Clock, MbdError } from "#platform";
import { createAttemptLimit } from "./attempt-limit.ts";

/** How often passwords may be tried; in memory, as each lock ends by itself soon. */
export interface SignInLimits {
  /**
   * Counts an attempt, before the password is looked at. `known`: the user signed in from there before.
   * @throws MbdError too_many
   */
  begin(attempt: { readonly name: string; readonly client: string; readonly known: boolean }): Attempt;
  /** Ends the locks of an account. */
  lift(name: string): void;
}

export interface Attempt {
  /** The password was right: it was no guess. */
  succeeded(): void;
}

const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;

/**
 * Of an account: by name, whether it exists or not, so that nobody learns which do. One client has few attempts, and all
 * strangers together have some more, however many addresses they have. Where the user signed in before, only what comes
 * from there counts: those who guess elsewhere lock nobody out, and still have no more attempts.
 */
export function createSignInLimits(clock: Clock): SignInLimits {
  const what = "attempts to sign in";
  const addresses = createAttemptLimit({ clock, max: 20, windowMs: MINUTE_MS, what });
  const clients = createAttemptLimit({ clock, max: 10, windowMs: QUARTER_MS, what });
  const strangers = createAttemptLimit({ clock, max: 30, windowMs: QUARTER_MS, what });

  return {
    begin({ name, client, known }) {
      const address = addressGroup(client);
      const account = keyOf(name);
      const pair = `${account}${address}`;
      addresses.begin(address);
      clients.begin(pair);
      try {
        if (!known) strangers.begin(account);
      } catch (error) {
        // Refused unseen, it was no guess.
        if (error instanceof MbdError) clients.undo(pair);
        throw error;
      }
      return {
        succeeded() {
          addresses.undo(address);
          clients.forget(pair);
          // Not forgotten: who signs in all day would give strangers new attempts each time.
          if (!known) strangers.undo(account);
        },
      };
    },
    lift(name) {
      strangers.forget(keyOf(name));
      clients.forgetAll(keyOf(name));
    },
  };
}

/** A space ends it, which no name of an account has. */
function keyOf(name: string): string {
  return `${name.slice(0, 64).toLowerCase().replaceAll(" ", "_")} `;
}
