/** What decides the codeversion of a base distribution; `version` as in its Release file, if there. */
export interface CodeversionSource {
  readonly origin: string;
  readonly version?: string | undefined;
  readonly codename: string;
}

const CODEVERSION = /^(?:[0-9]{1,8}|~[A-Z][A-Z0-9]{0,31})$/;
const RELEASE_VERSION = /^([0-9]+)(?:\.([0-9]+)(?:r[0-9]+)?)?(?:\.[0-9]+)*$/;

/** Since Debian 7 the first number alone is the release, the second a point release. */
const FIRST_PLAIN_DEBIAN = 7;

/** Whether `text` has the form of a codeversion. */
export function isCodeversion(text: string): boolean {
  return CODEVERSION.test(text);
}

/**
 * Short text of a base distribution for versions: `12`, `2404`; for a rolling one `~SID`, which sorts below every
 * number, so below what the release becomes. Undefined if neither has the form of a codeversion (more than eight
 * digits, a codename with a hyphen): such a source cannot be a base unless the administrator sets a codeversion.
 */
export function codeversionOf(source: CodeversionSource): string | undefined {
  const [, first, second = ""] = RELEASE_VERSION.exec(source.version ?? "") ?? [];
  const codeversion =
    first === undefined ? `~${source.codename.toUpperCase()}` : numbered(source.origin, first, second);
  return isCodeversion(codeversion) ? codeversion : undefined;
}

function numbered(origin: string, first: string, second: string): string {
  return origin === "Debian" && Number(first) >= FIRST_PLAIN_DEBIAN ? first : first + second;
}
