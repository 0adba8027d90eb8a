type Tone = "good" | "bad" | "busy" | "wait" | "quiet";

const TONES: Readonly<Record<string, Tone>> = {
  INSTALLED: "good",
  BUILT: "good",
  ACCEPTED: "good",
  MIGRATED: "good",
  PORTED: "good",
  active: "good",
  running: "good",
  PASS: "good",
  FAILED: "bad",
  REJECTED: "bad",
  FAIL: "bad",
  ERROR: "bad",
  error: "bad",
  stopped: "bad",
  draining: "wait",
  BUILDING: "busy",
  INSTALLING: "busy",
  UPLOADING: "busy",
  VERIFYING: "busy",
  PACKAGING: "busy",
  LEASED: "busy",
  making: "busy",
  QUEUED: "wait",
  RECEIVED: "wait",
  DEP_WAIT: "wait",
  WARN: "wait",
  stale: "wait",
  missing: "wait",
  unchecked: "wait",
  waiting: "wait",
  registered: "wait",
  done: "good",
  failed: "bad",
};

export function toneOf(state: string): Tone {
  return TONES[state] ?? "quiet";
}

/** A state or event type: word, colour and a shape, so that none of them is needed alone. */
export function StateBadge({ state, tone }: { readonly state: string; readonly tone?: Tone }) {
  return <span class={`badge ${tone ?? toneOf(state)}`}>{state.replaceAll("_", " ")}</span>;
}
