import { type Instance, waitFor } from "#testing";

const BACK_MS = 120_000;

/** Nobody answered, or who did was gone in the middle of it. */
export function isGone(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const text = `${error.message} ${error.cause instanceof Error ? error.cause.message : ""}`;
  return /fetch failed|terminated|ECONNREFUSED|ECONNRESET|EPIPE|socket hang up|closed the control|other side closed/.test(
    text,
  );
}

/**
 * What a person does whose daemon dies: when there was no answer, looks whether it was done nevertheless, and says it
 * again if not. Refusals throw.
 */
export async function persist<T>(
  instance: Instance,
  act: () => Promise<T>,
  done: () => Promise<T | undefined>,
): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!isGone(error)) throw error;
    }
    await answers(instance);
    const found = await persistRead(instance, done);
    if (found !== undefined) return found;
  }
}

/** Asks until somebody answers. */
export async function persistRead<T>(instance: Instance, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isGone(error)) throw error;
      await answers(instance);
    }
  }
}

async function answers(instance: Instance): Promise<void> {
  const json = { accept: "application/json" };
  await waitFor(
    async () => {
      const answer = await fetch(`${instance.url}/api/status`, { headers: json }).catch(() => undefined);
      await answer?.arrayBuffer().catch(() => undefined);
      return answer?.ok === true ? true : undefined;
    },
    { timeoutMs: BACK_MS, what: "the daemon is back", pauseMs: 100 },
  );
}
