import { MbdError } from "#platform";
import { LAYOUT_NAMES } from "#repositories";

export interface SetupRequest {
  readonly archives: readonly string[];
  readonly archivesFromAptSources: boolean;
  /** `[ORIGIN:]CODENAME` */
  readonly sources: readonly string[];
  /** `CODENAME:ARCH+ARCH` */
  readonly distributions: readonly string[];
  /** `IDENTITY/LAYOUT` */
  readonly repositories: readonly string[];
  readonly requireSignatures: readonly string[];
  readonly allowUnauthenticatedUploads: readonly string[];
  /** `CODENAME:ARCH` */
  readonly chroots: readonly string[];
  readonly chrootsFromSources: boolean;
  /** Only say what would be done. */
  readonly dryRun: boolean;
}

export interface WantedDistribution {
  readonly codename: string;
  readonly architectures: readonly string[];
}

export interface WantedRepository {
  readonly identity: string;
  /** Name of a layout of the program, or of an own one. */
  readonly layout: string;
  readonly allowUnauthenticatedUploads: boolean;
  /** The one codename it is for; else all that are asked for. */
  readonly codename?: string;
  /** Files with keys of further uploaders. */
  readonly extraUploaderKeyrings?: readonly string[];
}

/** Of repository `debdev`, where Debian's developers try out uploads (names-and-versions.md 5.5). */
const DEBDEV = { codename: "sid", extraUploaderKeyrings: ["/usr/share/keyrings/debian-keyring.gpg"] };

/** `bookworm:amd64+arm64`; the words `native` and `available` stand for this machine's own architecture. */
export function parseWantedDistribution(text: string, native: string): WantedDistribution {
  const [codename = "", list = ""] = text.split(":");
  const words = list
    .split("+")
    .map((word) => (["native", "available", "all"].includes(word) ? native : word));
  return { codename, architectures: [...new Set(words)] };
}

/** `own`: names of layouts that the administrator added. The sandbox `test` takes uploads of everybody, every other repository only signed ones, unless asked for. */
export function parseWantedRepository(
  text: string,
  request: SetupRequest,
  own: readonly string[] = [],
): WantedRepository {
  const [identity = "", name = ""] = text.split("/");
  const layout = Object.hasOwn(LAYOUT_NAMES, name) ? LAYOUT_NAMES[name] : own.find((it) => it === name);
  if (layout === undefined) {
    const known = [...Object.keys(LAYOUT_NAMES), ...own].join(", ");
    const reason = `there is no layout '${name}'; known: ${known}`;
    throw new MbdError("bad_argument", { argument: "repositories", reason });
  }
  const open = request.allowUnauthenticatedUploads.includes(identity) || name === "test";
  return {
    identity,
    layout,
    allowUnauthenticatedUploads: open && !request.requireSignatures.includes(identity),
    ...(identity === "debdev" && name === "debdev" ? DEBDEV : {}),
  };
}
