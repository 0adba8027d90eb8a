import type { Audit, By } from "#accounts";
import type { Database, Executor } from "#db";
import { isSourcePackage, quote } from "#deb";
import { type Clock, isoNow, MbdError } from "#platform";
import { deleteHold, findHolds, type HoldQuery, type HoldRow, saveHold } from "./hold-store.ts";
import { distributionName, resolveDistribution } from "./resolve.ts";

/** A source that does not migrate by itself from a distribution; who says so may migrate it all the same. */
export interface Hold {
  readonly distribution: string;
  readonly source: string;
  readonly reason: string;
  /** Who holds it. */
  readonly by: string;
  /** ISO-8601. */
  readonly since: string;
}

export interface NewHold extends Pick<Hold, "distribution" | "source" | "reason"> {
  /** Name of who holds it, where that is not who does it here. */
  readonly by?: string | undefined;
}

export interface Holds {
  list(): Promise<Hold[]>;
  /**
   * Holds a source, which need not be there yet, or gives its hold another reason. The distribution may be a meta one.
   * @throws MbdError bad_argument, no_target, those of distribution strings
   */
  set(hold: NewHold, by: By): Promise<Hold>;
  /** Returns the distribution that was meant. @throws MbdError not_found */
  lift(hold: Pick<Hold, "distribution" | "source">, by: By): Promise<string>;
}

export interface HoldsDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly audit: Pick<Audit, "done">;
}

const MAX_REASON = 500;
const MAX_NAME = 100;

export function createHolds({ db, clock, audit }: HoldsDeps): Holds {
  return {
    list: () => holdsOf(db.read, {}),
    async set({ distribution: requested, source, reason, by: named }, by) {
      const heldBy = named ?? by.name;
      if (!isSourcePackage(source))
        throw refused("source", `${quote(source)} is not the name of a source package`);
      checkLine("reason", reason, MAX_REASON);
      checkLine("by", heldBy, MAX_NAME);
      const target = await resolveDistribution(db.read, requested);
      const distribution = distributionName(target, target.suite.name);
      // Of a rollback nothing migrates by itself either.
      if (target.name !== distribution || target.suite.migrates_to === null)
        throw new MbdError("no_target", { distribution: target.name });
      const row = {
        distribution,
        source,
        reason: reason.trim(),
        held_by: heldBy.trim(),
        created_at: isoNow(clock),
      };
      await db.write(async (tx) => {
        await saveHold(tx, row);
        await audit.done(tx, by, "hold.set", { distribution, source, reason: row.reason });
      });
      return viewOf(row);
    },
    async lift({ distribution: requested, source }, by) {
      return await db.write(async (tx) => {
        // The suite may be gone since.
        const distribution =
          (await findHolds(tx, { distributions: [requested], source }))[0]?.distribution ??
          (await resolveDistribution(tx, requested)).name;
        if (!(await deleteHold(tx, distribution, source)))
          throw new MbdError("not_found", { what: `A hold of '${source}' in ${distribution}` });
        await audit.done(tx, by, "hold.lift", { distribution, source });
        return distribution;
      });
    },
  };
}

export async function holdsOf(db: Executor, query: HoldQuery): Promise<Hold[]> {
  return (await findHolds(db, query)).map(viewOf);
}

function viewOf(row: Omit<HoldRow, "id">): Hold {
  const { distribution, source, reason, held_by: by, created_at: since } = row;
  return { distribution, source, reason, by, since };
}

function checkLine(argument: string, text: string, most: number): void {
  if (text.trim() === "" || text.length > most || /\p{Cc}/u.test(text))
    throw refused(argument, `it is not a line of at most ${most} characters`);
}

function refused(argument: string, reason: string): MbdError {
  return new MbdError("bad_argument", { argument, reason });
}
