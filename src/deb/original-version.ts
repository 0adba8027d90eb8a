import type { ChangelogEntry } from "./changelog.ts";
import { formatError } from "./errors.ts";

/** Since which version a port's .changes tells the changes, and who made the ported version. */
export interface OriginalVersion {
  /** For `dpkg-genchanges -v`: changes of later versions are listed. */
  readonly version: string;
  readonly author: { readonly name: string; readonly email: string };
}

/** How far back the instance's own entries are skipped. */
const MAX_ENTRIES = 100;

/**
 * Walks a changelog, newest first, over the instance's own entries (by its mail address) to the first one of somebody
 * else. @throws FormatError for a changelog without entries
 */
export function findOriginalVersion(
  entries: readonly Pick<ChangelogEntry, "version" | "name" | "email">[],
  instanceEmail: string,
): OriginalVersion {
  const walked = entries.slice(0, MAX_ENTRIES);
  const newest = walked[0];
  if (newest === undefined) throw formatError({ what: "changelog" }, "it has no entries");
  const own = instanceEmail.toLowerCase();
  const index = walked.findIndex((entry) => entry.email.toLowerCase() !== own);
  const first = walked[index] ?? newest;
  const older = index < 0 ? undefined : walked[index + 1];
  return {
    version: older?.version ?? `${first.version}~`,
    author: { name: first.name, email: first.email },
  };
}
