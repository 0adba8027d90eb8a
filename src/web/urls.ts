/** Addresses of the pages; every part that comes from a row is encoded here and nowhere else. */
const part = encodeURIComponent;

export const urls = {
  package: (source: string) => `/packages/${part(source)}`,
  distribution: (name: string) => `/distributions/${part(name)}`,
  repository: (identity: string) => `/repositories/#${part(identity)}`,
  archive: (identity: string) => `/repositories/${part(identity)}/`,
  dists: (identity: string, distribution: string) =>
    `/repositories/${part(identity)}/dists/${part(distribution)}/`,
  snapshot: (identity: string, distribution: string, name: string) =>
    `${urls.dists(identity, distribution)}snapshots/${part(name)}/`,
  pool: (identity: string, path: string) =>
    `/repositories/${part(identity)}/${path.split("/").map(part).join("/")}`,
  packaging: (id: number) => `/packagings/${id}`,
  build: (id: number) => `/builds/${id}`,
  buildLine: (id: number, line: number, attempt?: number) =>
    `${withQuery(`/builds/${id}`, { attempt, line })}#L${line}`,
  /** With the log of an earlier attempt. */
  buildAttempt: (id: number, attempt: number) => `/builds/${id}?attempt=${attempt}#log`,
  rawLog: (id: number, attempt?: number) => withQuery(`/builds/${id}/log`, { attempt }),
  /** The log of a check that has one of its own. */
  checkLog: (id: number, tool: string) => `/builds/${id}/log?tool=${part(tool)}`,
  logLines: (id: number) => `/builds/${id}/log/lines`,
  /** A file that a build left. */
  artefact: (id: number, name: string) => `/builds/${id}/files/${part(name)}`,
  upload: (id: number) => `/uploads/${id}`,
  events: (filter: Readonly<Record<string, string | number | undefined>> = {}) =>
    withQuery("/events", filter),
  eventsFeed: (filter: Readonly<Record<string, string | number | undefined>> = {}) =>
    withQuery("/events.atom", filter),
  user: (id: number) => `/users/${id}`,
  audit: (filter: Readonly<Record<string, string | number | undefined>> = {}) => withQuery("/audit", filter),
  /** Where one signs in, and comes back from to `next`. */
  signIn: (next?: string) => withQuery("/account/sign-in", { next }),
  /** A GET of a call shows its form or confirmation page and never changes anything. */
  call: (name: string, given: Readonly<Record<string, string | number | undefined>> = {}) =>
    withQuery(`/api/${name}`, given),
  /** The form of a call, also where the call could run as it is. */
  callForm: (name: string, given: Readonly<Record<string, string>> = {}) =>
    withQuery(`/api/${name}`, { ...given, form: "1" }),
  /** Leads on to the packaging or build that has this key. */
  bkey: (bkey: string) => withQuery("/bkey", { key: bkey }),
} as const;

/** A path with those arguments that have a value. */
export function withQuery(
  path: string,
  given: Readonly<Record<string, string | number | undefined>>,
): string {
  const query = Object.entries(given)
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([name, value]) => `${part(name)}=${part(String(value))}`);
  return query.length === 0 ? path : `${path}?${query.join("&")}`;
}
