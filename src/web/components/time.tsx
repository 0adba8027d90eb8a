import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { formatSeconds, formatTime, relativeTime, secondsBetween } from "../format.ts";

/** The moment a document is rendered at: all its relative times mean the same now. */
export const NowContext = createContext(new Date(0));

/** A moment: relative for the eye, absolute UTC on hover and for machines; assets/times.js keeps it current. */
export function Time({ at }: { readonly at: string | null }) {
  const now = useContext(NowContext);
  if (at === null) return <span class="none">–</span>;
  return (
    <time datetime={at} title={formatTime(at)}>
      {relativeTime(at, now)}
    </time>
  );
}

/** Time a thing took, or takes until now when it has not ended. */
export function Duration({ from, to }: { readonly from: string | null; readonly to: string | null }) {
  const now = useContext(NowContext);
  const seconds = secondsBetween(from, to ?? now.toISOString());
  if (seconds === undefined) return <span class="none">–</span>;
  return to === null ? (
    <span data-since={from}>{formatSeconds(seconds)}</span>
  ) : (
    <span>{formatSeconds(seconds)}</span>
  );
}
