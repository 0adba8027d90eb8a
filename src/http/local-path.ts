const MAX_LENGTH = 2000;

/**
 * An address of this instance to go on at. What could lead elsewhere is replaced by `otherwise`: a browser reads `//host`
 * and `/\host` as another host, and skips tabs and line ends before it looks.
 */
export function localPath(text: string, otherwise: string): string {
  const local = /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(text) && text.length <= MAX_LENGTH;
  return local ? text : otherwise;
}

/** Where to sign in, and come back from to `next`. */
export function signInPath(next: string): string {
  return `/account/sign-in?next=${encodeURIComponent(localPath(next, "/"))}`;
}
