import { setTimeout as delay } from "node:timers/promises";
import { createAptJudge, type Judgement } from "./apt.ts";

/** Between two updates: builds run beside the loop, and shall not wait for it. */
const PAUSE_MS = 300;

/** A client that updates all the time, by turns with and without the indices it got before. */
export interface AptLoop {
  readonly updates: number;
  /** Updates that ran while there was no daemon to ask. */
  readonly down: number;
  /** Says when the daemon is away: what breaks off then is no error. */
  away<T>(during: () => Promise<T>): Promise<T>;
  /** Ends the loop; returns what apt objected to while it should not have. */
  stop(): Promise<string[]>;
}

/** How apt words that nobody answers, or that the one who answered is gone. */
const NO_CONNECTION =
  /Connection refused|Could not connect|Unable to connect|Connection reset|Remote end closed|Error reading from server|Connection failed|Data left in buffer|Undetermined Error/i;
/** What apt adds to a failed fetch, whatever the reason. */
const CONSEQUENCE = /^(W|E): Some index files failed to download/;

export async function startAptLoop(sources: string): Promise<AptLoop> {
  const judge = await createAptJudge();
  await judge.setSources(sources);
  const objections: string[] = [];
  const state = { updates: 0, down: 0, away: 0, leaves: 0, stopped: false };

  async function once(): Promise<void> {
    if (state.updates % 2 === 0) await judge.forget();
    const leaves = state.leaves;
    const wasAway = state.away > 0;
    const judgement = await judge.update();
    state.updates += 1;
    const away = wasAway || state.leaves !== leaves;
    const wrong = objectionsOf(judgement, away);
    if (away && judgement.complaints.length > 0) state.down += 1;
    if (wrong.length > 0) objections.push(`update ${state.updates}${away ? " (away)" : ""}:`, ...wrong);
  }
  async function loop(): Promise<void> {
    while (!state.stopped) {
      await once();
      await delay(PAUSE_MS);
    }
  }
  const running = loop();

  return {
    get updates() {
      return state.updates;
    },
    get down() {
      return state.down;
    },
    async away(during) {
      state.away += 1;
      state.leaves += 1;
      try {
        return await during();
      } finally {
        state.away -= 1;
      }
    },
    async stop() {
      if (state.stopped) return objections;
      state.stopped = true;
      await running;
      await judge.close();
      return objections;
    },
  };
}

function objectionsOf(judgement: Judgement, away: boolean): readonly string[] {
  const serious = judgement.complaints.filter(
    (line) => !(away && (NO_CONNECTION.test(line) || CONSEQUENCE.test(line))),
  );
  const silent = judgement.exitCode !== 0 && judgement.complaints.length === 0;
  return silent ? [`exit ${judgement.exitCode}: ${judgement.output}`] : serious;
}
