import { setTimeout as delay } from "node:timers/promises";
import { type Archive, PUBLISH_KIND } from "#archive";
import { parseDistribution } from "#deb";
import { errorText, type Log } from "#platform";

/** Shows clients what distributions are wanted to hold; returns when they see it. The first one first of all. */
export async function publishNow(
  archive: Pick<Archive, "publish">,
  distributions: readonly string[],
): Promise<void> {
  await inTurn(distributions, (name) => archive.publish(repositoryOf(name), name));
}

export interface PublishCommittedDeps {
  readonly archive: Pick<Archive, "publish">;
  readonly log: Log;
  /** How long one who made a change waits for clients to see it. Default: a minute. */
  readonly publishWaitMs?: number | undefined;
}

/** A distribution that clients do not see as it is wanted yet. */
export interface Unpublished {
  readonly distribution: string;
  /** Kind and subject of the job that goes on with it. */
  readonly job: string;
  readonly reason: string;
}

const WAIT_MS = 60_000;

/**
 * As `publishNow`, after a transaction that asked for these publishes: what it changed is changed, so nothing that goes
 * wrong here is an error of the change. What clients do not see in time is left to the jobs, and returned.
 */
export async function publishCommitted(
  { archive, log, publishWaitMs = WAIT_MS }: PublishCommittedDeps,
  distributions: readonly string[],
): Promise<Unpublished[]> {
  const slow = `it takes longer than ${publishWaitMs / 1000} seconds`;
  const left = new Map(distributions.map((name) => [name, slow]));
  const all = inTurn([...left.keys()], async (name) => {
    try {
      await archive.publish(repositoryOf(name), name);
      left.delete(name);
    } catch (error) {
      left.set(name, errorText(error));
      log.warn(
        { distribution: name, error: errorText(error) },
        "a change is made, but clients do not see it yet: its publish failed and is tried again",
      );
    }
  });
  const end = new AbortController();
  const timeUp = delay(publishWaitMs, undefined, { signal: end.signal }).catch(() => undefined);
  await Promise.race([all, timeUp]);
  end.abort();
  return [...left].map(([distribution, reason]) => ({
    ...{ distribution, reason },
    job: `${PUBLISH_KIND} ${repositoryOf(distribution)}/${distribution}`,
  }));
}

async function inTurn(
  distributions: readonly string[],
  publish: (name: string) => Promise<void>,
): Promise<void> {
  const [first, ...others] = [...new Set(distributions)];
  if (first === undefined) return;
  await publish(first);
  // Rollbacks, of which there may be dozens, two at a time: most of a publish is waiting for gpg and the disk.
  const work = async () => {
    for (let name = others.shift(); name !== undefined; name = others.shift()) await publish(name);
  };
  await Promise.all([work(), work()]);
}

function repositoryOf(distribution: string): string {
  return parseDistribution(distribution)?.repository ?? "";
}
