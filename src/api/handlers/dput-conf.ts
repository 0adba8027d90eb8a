import type { CALLS, Handler } from "../index.ts";

export interface DputConfDeps {
  readonly identity: string;
  /** Name by which clients reach the FTP server, without port. */
  readonly hostname: string;
  /** Address without a slash at its end, as of a proxy in front. */
  readonly url: string;
  readonly ftpPort: number;
}

/** Snippets for dput(1) (dput.cf(5)) and dput-ng (dput.cf(5) of that package, profiles in JSON). */
export function createDputConf(deps: DputConfDeps): Handler<typeof CALLS.dput_conf> {
  return {
    async run(values) {
      if (values.dput_ng_profile) return profile(deps);
      return values.without_global ? targets(deps) : `${global(deps)}\n${targets(deps)}`;
    },
  };
}

/** Without a default host dput sends to the base distribution's own archive, which is never what is meant here. */
function global(deps: DputConfDeps): string {
  return `[DEFAULT]
default_host_main = ${target(deps)}
allow_dcut        = 0
run_lintian       = 0
check_version     = 0
progress_indicator = 1
`;
}

function targets(deps: DputConfDeps): string {
  const { protocol, host } = new URL(deps.url);
  return `[${target(deps)}]
method      = ftp
fqdn        = ${bracketed(deps.hostname)}:${deps.ftpPort}
login       = anonymous
incoming    = /incoming
passive_ftp = 1

[${target(deps)}-http]
method      = ${protocol.replace(":", "")}
fqdn        = ${host}
login       = *
incoming    = /upload/
`;
}

function profile(deps: DputConfDeps) {
  return {
    method: "ftp",
    fqdn: `${bracketed(deps.hostname)}:${deps.ftpPort}`,
    login: "anonymous",
    incoming: "/incoming",
    passive_ftp: true,
    allow_dcut: false,
    // Whether a signature is needed is decided per repository by the instance.
    allow_unsigned_uploads: true,
    full_upload_log: false,
    hooks: ["checksum"],
  };
}

function target(deps: DputConfDeps): string {
  return `mini-buildd-${deps.identity}`;
}

/** An IPv6 address needs brackets before a port (RFC 3986 3.2.2). */
function bracketed(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}
