/** In the words of format.ts; `now` in milliseconds. */
export function relativeTime(iso: string, now: number): string;
export function duration(seconds: number): string;
