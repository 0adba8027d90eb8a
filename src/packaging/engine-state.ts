/** `draining`: nothing begins any more, but builds that run go on to their end. */
export type EngineState = "running" | "draining" | "stopped";

/** What somebody asked for, or that a build has `ended`. */
export type EngineWish = "start" | "stop" | "drain" | "ended";

/** The state that follows, with so many builds still running. */
export function stateAfter(state: EngineState, wish: EngineWish, builds: number): EngineState {
  switch (wish) {
    case "start":
      return "running";
    case "stop":
      return "stopped";
    case "drain":
      return builds === 0 || state === "stopped" ? "stopped" : "draining";
    case "ended":
      return builds === 0 && state === "draining" ? "stopped" : state;
  }
}
