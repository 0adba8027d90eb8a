import { join } from "node:path";
import { homeAt, MbdError } from "#platform";

/** Where an instance is reached. */
export interface Endpoint {
  /** How people call it, in messages and as the key of kept credentials. */
  readonly name: string;
  /** Address without a slash at its end; of the socket a stand-in. */
  readonly url: URL;
  /** Path of the control socket, for `local`. */
  readonly socket: string | undefined;
}

export const DEFAULT_HOME = "/var/lib/mini-buildd";

/** Home given by option, else `MINI_BUILDD_HOME`, else where the Debian package has it. */
export function homeOf(
  option: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string {
  return option ?? env.MINI_BUILDD_HOME ?? DEFAULT_HOME;
}

/** Without this, `ftp://host` would be taken for a host named ftp. */
const OTHER_SCHEME = /^(?!https?:)[a-z]+:\/\//;

/** `local` (the control socket of this machine's home), an http(s) address, or `HOST[:PORT]` with port 8066. */
export function parseEndpoint(text: string, home: string): Endpoint {
  if (text === "local") return localEndpoint(home);
  const withScheme = /^https?:\/\//.test(text) ? text : `http://${text}${/:\d+$/.test(text) ? "" : ":8066"}`;
  const url = URL.canParse(withScheme) && !OTHER_SCHEME.test(text) ? new URL(withScheme) : undefined;
  if (url === undefined || url.hostname === "" || url.search !== "" || url.hash !== "")
    throw new MbdError("bad_argument", {
      argument: "endpoint",
      reason: `'${text}' is neither an address such as http://HOST:8066 nor 'local'`,
    });
  if (url.password !== "" || url.username !== "")
    throw new MbdError("bad_argument", {
      argument: "endpoint",
      reason: "the address must not hold a user or password; use --user or --token",
    });
  url.pathname = url.pathname.replace(/\/+$/, "");
  return { name: url.href.replace(/\/$/, ""), url, socket: undefined };
}

export function localEndpoint(home: string): Endpoint {
  return {
    name: "local",
    url: new URL("http://localhost"),
    socket: join(homeAt(home).run, "control.sock"),
  };
}
