/** Who may do what; each level includes those before it. */
export const LEVELS = ["NONE", "LOGIN", "STAFF", "ADMIN"] as const;

export type Level = (typeof LEVELS)[number];

/** Who asks. */
export interface Principal {
  readonly level: Level;
  readonly kind: "nobody" | "token" | "user" | "local";
  readonly name: string;
}

export const NOBODY: Principal = { level: "NONE", kind: "nobody", name: "nobody" };

export function isLevel(text: string): text is Level {
  return (LEVELS as readonly string[]).includes(text);
}

export function hasLevel(principal: Principal, needed: Level): boolean {
  return LEVELS.indexOf(principal.level) >= LEVELS.indexOf(needed);
}
