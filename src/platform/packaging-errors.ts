import { defineErrors } from "./error-definition.ts";

/** About packagings, and packages in suites. */
export const PACKAGING_ERRORS = defineErrors({
  superseded: {
    status: 409,
    kind: "package",
    message: "{source} {version} was overtaken by {current} in {distribution}.",
  },
  unfinished: { status: 409, kind: "request", message: "{bkey} is still being worked on." },
  finished: { status: 409, kind: "request", message: "{bkey} has already ended ({state})." },
  no_builds_yet: {
    status: 409,
    kind: "request",
    message: "{bkey} has no builds yet.",
    hint: "Cancel all of it, or this build once they are planned.",
  },
  installing: {
    status: 409,
    kind: "request",
    message: "{bkey} is being installed; it is too late to cancel.",
  },
  expired: {
    status: 410,
    kind: "request",
    message: "The files of {bkey} are gone by retention.",
    hint: "Upload the package again.",
  },
  cancelled: { status: 409, kind: "request", message: "{bkey} was cancelled by {by}." },
  download_failed: { status: 502, kind: "later", message: "{url} could not be fetched: {reason}." },
  address_refused: {
    status: 403,
    kind: "request",
    message: "{url} is at {address}, an address that mini-buildd does not fetch from.",
    hint: "Configure the archive as a source first.",
  },
  unverified_source: {
    status: 403,
    kind: "request",
    message: "Nobody vouches for {url}: {reason}.",
    hint: "Use a .dsc below a configured archive, or an https URL.",
  },
  source_too_large: {
    status: 413,
    kind: "package",
    message: "The source is too much to unpack and pack here: {reason}.",
  },
  no_plain_file: { status: 400, kind: "package", message: "{file} is no plain file." },
  package_taken: {
    status: 409,
    kind: "package",
    message: "Package {package} of {source} {version} already comes from source {owner} in {distribution}.",
    hint: "Upload a version of {owner} without it, remove {owner} there, or rename the package.",
  },
  broken_deb: { status: 400, kind: "package", message: "{file}: {reason}." },
  version_mismatch: {
    status: 409,
    kind: "request",
    message: "{distribution} holds {source} {current}, not {version}.",
  },
  version_unknown: {
    status: 404,
    kind: "request",
    message: "There is no version {version} of source '{source}'{where}.",
    hint: "There is: {known}.",
  },
  ambiguous: {
    status: 409,
    kind: "request",
    message: "{source} is in several components of {distribution}: {components}.",
    hint: "Name the version.",
  },
  already_there: {
    status: 409,
    kind: "request",
    message: "{distribution} holds {source} {version} already.",
  },
  no_target: {
    status: 409,
    kind: "request",
    message: "{distribution} has no suite that packages migrate to.",
  },
  snapshot_exists: {
    status: 409,
    kind: "request",
    message: "{distribution} has a snapshot '{name}' already.",
    hint: "Delete it first, or choose another name.",
  },
  downgrade: {
    status: 409,
    kind: "request",
    message:
      "{distribution} holds {source} {current}, which is higher than {version}, so nothing was changed.",
    hint: "With --allow-downgrade (archive commands: --force) the lower version replaces it.",
  },
  occupied: {
    status: 409,
    kind: "request",
    message: "{distribution} holds {source} {current} now, so nothing was restored.",
    hint: "Remove it first; or with --replace (archive commands: --force) it becomes the newest rollback.",
  },
});
