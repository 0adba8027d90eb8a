import type { Principal } from "#accounts";
import type { CALLS, Handler, ResultOfCall } from "../index.ts";

export type EngineView = ResultOfCall<typeof CALLS.stop>;

export interface EngineDeps {
  view(): EngineView;
  /** Builds that begin once the engine runs. */
  waiting(): Promise<number>;
  start(request: { forceCheck: boolean; principal: Principal }): Promise<void>;
  stop(request: { drain: boolean; principal: Principal }): Promise<void>;
}

const UNCHANGED = "nothing changes";

export function createStart(deps: EngineDeps): Handler<typeof CALLS.start> {
  return {
    async plan(values) {
      const checks = values.force_check
        ? ["Check all sources; make chroots again that are missing, a week old, or whose sources changed."]
        : [];
      if (deps.view().state === "running") return [...checks, `The engine runs already: ${UNCHANGED}.`];
      return [...checks, `Accept uploads again and begin builds; ${await waitingText(deps)}.`];
    },
    async run(values, { principal }) {
      await deps.start({ forceCheck: values.force_check, principal });
      return deps.view();
    },
  };
}

export function createStop(deps: EngineDeps): Handler<typeof CALLS.stop> {
  return {
    async plan(values) {
      const { state, builds } = deps.view();
      if (state === "stopped") return [`The engine is stopped already: ${UNCHANGED}.`];
      const waited = builds === 1 ? "1 running build is awaited" : `${builds} running builds are awaited`;
      if (values.drain && state === "draining")
        return [`The engine drains already: ${UNCHANGED}, ${waited}.`];
      if (values.drain) return [`Refuse uploads and begin no builds; ${waited}.`];
      const cancelled = builds === 1 ? "1 running build is" : `${builds} running builds are`;
      return [
        `Refuse uploads and begin no builds; ${cancelled} cancelled and queued again, without counting an attempt.`,
      ];
    },
    async run(values, { principal }) {
      await deps.stop({ drain: values.drain, principal });
      return deps.view();
    },
  };
}

async function waitingText(deps: EngineDeps): Promise<string> {
  const count = await deps.waiting();
  return count === 1 ? "1 build waits" : `${count} builds wait`;
}
