/** The moment at which the pages of a seeded instance are looked at. */
export const SEEDED_NOW = new Date("2026-03-05T12:00:00.000Z");

/** A time before (or, negative, after) that moment in the stored form. */
export function ago(minutes: number): string {
  return new Date(SEEDED_NOW.getTime() - minutes * 60_000).toISOString();
}

/** A source name as nobody may upload it, to see that pages show it as text. */
export const HOSTILE = `<script>alert("1")</script>'"&`;

export interface Seeded {
  readonly builds: {
    readonly running: number;
    readonly failed: number;
    readonly good: number;
    readonly waiting: number;
  };
  readonly packagings: { readonly running: number; readonly failed: number; readonly installed: number };
  readonly uploads: { readonly rejected: number; readonly accepted: number };
}
