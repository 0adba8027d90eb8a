/** How long what people did is kept (pipeline.md 11): pure decisions, made anew each day. */

const DAY = 24 * 3600;

export const KEPT_SECONDS = {
  /** Ended sessions and links, for those who look what happened. */
  ended: 30 * DAY,
  /** A registration that nobody activated; then its name is free. */
  registration: 14 * DAY,
  /** Where a user signed in; not seen for so long, a client is a stranger again. */
  knownClient: 90 * DAY,
  /** Records of who did what. */
  audit: 2 * 365 * DAY,
} as const;

/** Of each kind, what is older than this goes; ISO-8601 UTC. */
export type KeptSince = Readonly<Record<keyof typeof KEPT_SECONDS, string>>;

export function keptSince(now: Date): KeptSince {
  const before = (seconds: number) => new Date(now.getTime() - seconds * 1000).toISOString();
  return {
    ended: before(KEPT_SECONDS.ended),
    registration: before(KEPT_SECONDS.registration),
    knownClient: before(KEPT_SECONDS.knownClient),
    audit: before(KEPT_SECONDS.audit),
  };
}
