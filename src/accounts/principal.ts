import { MbdError } from "#platform";

/** Who may do what; each level includes those before it. */
export const LEVELS = ["NONE", "LOGIN", "STAFF", "ADMIN"] as const;

export type Level = (typeof LEVELS)[number];

/** Who asks. */
export interface Principal {
  readonly level: Level;
  readonly kind: "nobody" | "token" | "user" | "local";
  /** Of a token that belongs to a user: `USER/TOKEN`. */
  readonly name: string;
  /** The account that this speaks for; none for the machine's own socket and tokens of its administrator. */
  readonly userId?: number;
}

/** Who makes a change, and from where; for records. */
export interface By {
  readonly name: string;
  readonly kind: Principal["kind"] | "system";
  /** Address. */
  readonly client: string;
}

export const NOBODY: Principal = { level: "NONE", kind: "nobody", name: "nobody" };

export function isLevel(text: string): text is Level {
  return (LEVELS as readonly string[]).includes(text);
}

export function hasLevel(principal: Principal, needed: Level): boolean {
  return LEVELS.indexOf(principal.level) >= LEVELS.indexOf(needed);
}

/** Lets through who has the level that `what` needs. @throws MbdError unauthenticated, forbidden */
export function requireLevel(principal: Principal, level: Level, what: string): void {
  if (hasLevel(principal, level)) return;
  throw principal.kind === "nobody"
    ? new MbdError("unauthenticated", { what, level })
    : new MbdError("forbidden", { what, level, have: principal.level });
}

/** The lower one of two stored levels; what is no level counts as NONE. */
export function lowerLevel(one: string, other: string): Level {
  const index = Math.min(LEVELS.indexOf(one as Level), LEVELS.indexOf(other as Level));
  return LEVELS[Math.max(index, 0)] ?? "NONE";
}
