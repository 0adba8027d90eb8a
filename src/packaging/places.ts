import { MbdError } from "#platform";

export interface PlaceLimits {
  /** Places in all. */
  readonly atOnce: number;
  /** Of those, for people who are not signed in. */
  readonly anonymousAtOnce: number;
  /** How long somebody waits for one. */
  readonly waitMs: number;
  /** How many wait; more are refused at once. */
  readonly waiting: number;
}

/** Places for work that takes long and that anybody may ask for. */
export interface Places {
  /** Waits for a place; give it back once by calling the result. @throws MbdError too_many */
  take(anonymous: boolean): Promise<() => void>;
}

interface Waiter {
  readonly anonymous: boolean;
  admit(): void;
}

/** @param what is being done there, for the message */
export function createPlaces(limits: PlaceLimits, what: string): Places {
  const taken = { all: 0, anonymous: 0 };
  const line: Waiter[] = [];

  const isFree = (anonymous: boolean): boolean =>
    taken.all < limits.atOnce && (!anonymous || taken.anonymous < limits.anonymousAtOnce);

  function occupy(anonymous: boolean): () => void {
    taken.all += 1;
    if (anonymous) taken.anonymous += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      taken.all -= 1;
      if (anonymous) taken.anonymous -= 1;
      line.find((waiter) => isFree(waiter.anonymous))?.admit();
    };
  }

  function refusal(anonymous: boolean): MbdError {
    const whom = anonymous ? `${what} without a sign-in` : what;
    return new MbdError("too_many", {
      what: `${whom} at once`,
      seconds: Math.ceil(limits.waitMs / 1000) + 5,
    });
  }

  return {
    async take(anonymous) {
      if (isFree(anonymous)) return occupy(anonymous);
      if (line.length >= limits.waiting) throw refusal(anonymous);
      return await new Promise<() => void>((resolve, reject) => {
        const leave = () => void line.splice(line.indexOf(waiter), 1);
        const timer = setTimeout(() => {
          leave();
          reject(refusal(anonymous));
        }, limits.waitMs);
        const waiter: Waiter = {
          anonymous,
          admit() {
            clearTimeout(timer);
            leave();
            resolve(occupy(anonymous));
          },
        };
        line.push(waiter);
      });
    },
  };
}
