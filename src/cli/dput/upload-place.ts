import { MbdError } from "#platform";
import { type Endpoint, parseEndpoint } from "../endpoint.ts";
import type { CliIo } from "../io.ts";
import type { DputConfig, DputTarget } from "./dput-config.ts";

/** Where files go. */
export type UploadPlace =
  | {
      readonly method: "http";
      /** The instance; its events are followed there, too. */
      readonly endpoint: Endpoint;
      /** Path below the endpoint, with a slash at its end. */
      readonly directory: string;
      /** User who must give a password; undefined: nobody, or what is kept for the endpoint. */
      readonly user: string | undefined;
    }
  | {
      readonly method: "ftp";
      readonly host: string;
      readonly port: number;
      readonly directory: string;
      readonly user: string;
      /** Where the instance's events would be. */
      readonly endpoint: Endpoint;
    };

/** Our own HTTP port, which stands in no configuration of an FTP target. */
const HTTP_PORT = 8066;
const FTP_PORT = 21;
/** What dput takes for "nobody in particular". */
const NOBODY = ["*", "", "username"];

/** A target of the configuration, else an endpoint: `local`, an address, HOST:PORT. */
export function placeOf(name: string, config: DputConfig, home: string, env: CliIo["env"]): UploadPlace {
  const target = config.get(name);
  if (target !== undefined) return configured(name, target, home, env);
  if (name !== "local" && !/^https?:\/\//.test(name) && !/:\d+$/.test(name)) {
    const known = [...config.keys()].toSorted().join(", ") || "(none)";
    throw new MbdError("bad_argument", {
      argument: "target",
      reason: `'${name}' is neither one of the configured targets (${known}) nor an endpoint`,
    });
  }
  return { method: "http", endpoint: parseEndpoint(name, home), directory: "/upload/", user: undefined };
}

function configured(name: string, target: DputTarget, home: string, env: CliIo["env"]): UploadPlace {
  const { method = "ftp", fqdn = "", incoming = "/", login = "*" } = target;
  const directory = `/${incoming.replace(/^\/+|\/+$/g, "")}/`.replace("//", "/");
  const scheme = method === "https" ? "https" : "http";
  if (!["ftp", "http", "https"].includes(method))
    throw wrong(name, `method '${method}' is not one of: ftp, http, https`);
  if (!URL.canParse(`${method}://${fqdn}`) || !/^[^/?#@\s]+$/.test(fqdn))
    throw wrong(name, `fqdn '${fqdn}' is not HOST or HOST:PORT`);
  const { hostname, port } = new URL(`ftp://${fqdn}`);
  if (method !== "ftp") {
    // An instance behind a prefix has its uploads, its calls and its events below it.
    const [, prefix = ""] = /^(.*)\/upload\/$/.exec(directory) ?? [];
    const endpoint = parseEndpoint(`${scheme}://${fqdn}${prefix}`, home);
    const user = NOBODY.includes(login) ? undefined : login;
    return { method: "http", endpoint, directory: directory.slice(prefix.length), user };
  }
  return {
    method: "ftp",
    host: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? FTP_PORT : Number(port),
    directory,
    user: NOBODY.includes(login) ? (env.USER ?? "anonymous") : login,
    endpoint: parseEndpoint(`http://${hostname}:${HTTP_PORT}`, home),
  };
}

function wrong(name: string, reason: string): MbdError {
  return new MbdError("bad_configuration", { reason: `target '${name}': ${reason}` });
}
