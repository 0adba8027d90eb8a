/** Whose turn it is after an error. */
export type ErrorClass = "request" | "package" | "builder" | "later" | "internal";

export interface ErrorDefinition {
  /** HTTP status of an answer with this error. */
  readonly status: number;
  readonly kind: ErrorClass;
  /** One sentence; `{name}` is replaced by the parameter of that name. */
  readonly message: string;
  /** What to do next. */
  readonly hint?: string;
}

const define = <T extends Record<string, ErrorDefinition>>(
  table: T,
): { readonly [K in keyof T]: ErrorDefinition } => table;

/** Every error a person can meet. docs/reference/errors.md is generated from this table. */
export const ERROR_CATALOGUE = define({
  // Requests
  bad_argument: { status: 400, kind: "request", message: "Argument '{argument}': {reason}." },
  unknown_argument: {
    status: 400,
    kind: "request",
    message: "Call '{call}' has no argument '{argument}'.",
    hint: "Its arguments are: {known}.",
  },
  missing_argument: {
    status: 400,
    kind: "request",
    message: "Call '{call}' needs the argument '{argument}'.",
  },
  bad_request: { status: 400, kind: "request", message: "The request is not valid: {reason}." },
  unauthenticated: {
    status: 401,
    kind: "request",
    message: "{what} needs a sign-in of level {level}.",
    hint: "Send an API token (`Authorization: Bearer …`) or HTTP Basic credentials.",
  },
  bad_credentials: {
    status: 401,
    kind: "request",
    message: "The credentials are not right.",
    hint: "An administrator makes a token with: mini-buildd admin token --level STAFF.",
  },
  forbidden: { status: 403, kind: "request", message: "{what} needs level {level}; yours is {have}." },
  cross_site: {
    status: 403,
    kind: "request",
    message: "A page of another site ('{origin}') may not do this.",
    hint: "Use the form of this instance itself, or a token.",
  },
  not_found: { status: 404, kind: "request", message: "{what} was not found." },
  unknown_call: {
    status: 404,
    kind: "request",
    message: "There is no call '{call}'.",
    hint: "GET /api/ lists all calls.",
  },
  precondition_failed: {
    status: 412,
    kind: "request",
    message: "The file is not the one that the request is for.",
    hint: "Fetch it again without If-Match and If-Unmodified-Since.",
  },
  method_not_allowed: {
    status: 405,
    kind: "request",
    message: "{what} does not allow {method}.",
    hint: "{allowed}",
  },
  confirmation_missing: {
    status: 428,
    kind: "request",
    message: "Call '{call}' changes something and must be confirmed.",
    hint: "POST it with confirm={call}.",
  },
  range_not_satisfiable: {
    status: 416,
    kind: "request",
    message: "The file ends before the range that was asked for.",
  },
  too_large: { status: 413, kind: "request", message: "{what} is larger than the allowed {limit} bytes." },
  too_many: {
    status: 429,
    kind: "later",
    message: "Too many {what}.",
    hint: "Try again in {seconds} seconds.",
  },
  engine_stopped: {
    status: 503,
    kind: "later",
    message: "The engine is stopped.",
    hint: "Start it first, or wait: uploads are accepted again when it runs.",
  },
  moments_busy: {
    status: 503,
    kind: "later",
    message: "Too many earlier states of repositories were asked for at once.",
    hint: "Try again in {seconds} seconds; those that were made are kept.",
  },
  not_available: { status: 503, kind: "later", message: "{what} is not available yet." },
  clock_behind: {
    status: 503,
    kind: "later",
    message: "The clock is {seconds} s behind the last published Release of {distribution}.",
    hint: "Correct the clock of this machine; apt would refuse a Release from the future and ignore an older one.",
  },
  incoming_full: {
    status: 507,
    kind: "later",
    message: "Files from {from} in no accepted upload already take {bytes} bytes; {limit} are allowed.",
    hint: "Try again later: files that no upload took are deleted after a day, those of rejected uploads after two.",
  },
  disk_full: {
    status: 507,
    kind: "later",
    message: "Too little free disk space ({free} bytes free, {needed} needed).",
    hint: "Free some space, then send it again.",
  },
  internal_error: {
    status: 500,
    kind: "internal",
    message: "Something went wrong inside mini-buildd ({reason}).",
    hint: "The daemon's log has the details under id {id}.",
  },

  // Names
  bad_distribution: {
    status: 400,
    kind: "request",
    message: "'{distribution}' is not a distribution name.",
    hint: "The form is CODENAME-REPOSITORY-SUITE, like bookworm-test-unstable.",
  },
  unknown_repository: {
    status: 404,
    kind: "request",
    message: "There is no repository '{repository}'.",
    hint: "Repositories here: {known}.",
  },
  unknown_codename: {
    status: 404,
    kind: "request",
    message: "Repository '{repository}' has no distribution for codename '{codename}'.",
    hint: "It has: {known}.",
  },
  unknown_suite: {
    status: 404,
    kind: "request",
    message: "Repository '{repository}' has no suite '{suite}'.",
    hint: "It has: {known}.",
  },
  unknown_rollback: {
    status: 404,
    kind: "request",
    message: "Suite '{suite}' of repository '{repository}' has no rollback {rollback}; it keeps {count}.",
  },
  meta_ambiguous: {
    status: 409,
    kind: "request",
    message: "The distribution '{distribution}' is claimed by several repositories: {repositories}.",
  },
  is_rollback: {
    status: 409,
    kind: "request",
    message: "'{distribution}' is a rollback; nothing can be uploaded or ported there.",
  },
  not_uploadable: {
    status: 409,
    kind: "request",
    message: "Suite '{suite}' of '{distribution}' does not take uploads.",
    hint: "Upload to {uploadable} and migrate from there.",
  },
  repository_inactive: { status: 409, kind: "request", message: "Repository '{repository}' is not active." },

  // Incoming and verification
  bad_file_name: {
    status: 400,
    kind: "request",
    message: "'{name}' is not an acceptable file name.",
    hint: "Letters, digits and . + ~ _ - only, no directory, at most 240 characters.",
  },
  too_many_files: {
    status: 413,
    kind: "request",
    message: "This session already holds {count} files, the most allowed.",
  },
  session_full: {
    status: 413,
    kind: "request",
    message: "This session already holds {bytes} bytes; {limit} are allowed.",
  },
  transfer_broken: {
    status: 400,
    kind: "later",
    message: "{name} was not received: {reason}.",
    hint: "Send it again.",
  },
  too_many_sessions: {
    status: 429,
    kind: "later",
    message: "Too many upload sessions ({count}) from {from}.",
    hint: "Close one, or try again later.",
  },
  incomplete: {
    status: 400,
    kind: "package",
    message: "The upload {changes} is not complete: {files}.",
    hint: "Send all files that the .changes lists, unchanged.",
  },
  file_mismatch: {
    status: 400,
    kind: "package",
    message: "File {file} differs from what {changes} says: {reason}.",
  },
  signature_missing: {
    status: 403,
    kind: "package",
    message: "{changes} is not signed, and repository '{repository}' takes only signed uploads.",
    hint: "Sign it with debsign, by a key that may upload there.",
  },
  signature_format: {
    status: 400,
    kind: "package",
    message: "{changes}: {reason}.",
    hint: "The file must be exactly one clear-signed message; sign it again with debsign.",
  },
  signature_bad: {
    status: 403,
    kind: "package",
    message: "The signature of {changes} does not match its content.",
    hint: "Something changed the file after it was signed; sign it again.",
  },
  signature_unknown_key: {
    status: 403,
    kind: "package",
    message: "{changes} is signed by key {key}, which is not known here.",
    hint: "An administrator adds it with: mini-buildd key add FILE --repository {repository}.",
  },
  signature_expired: { status: 403, kind: "package", message: "The signature of {changes} has expired." },
  key_expired: {
    status: 403,
    kind: "package",
    message: "{changes} is signed by key {key}, which has expired.",
    hint: "Prolong the key and have an administrator add it again.",
  },
  key_revoked: {
    status: 403,
    kind: "package",
    message: "{changes} is signed by key {key}, which was revoked.",
  },
  signature_weak: {
    status: 403,
    kind: "package",
    message: "The signature of {changes} uses {algorithm}, which is not accepted any more.",
  },
  signature_time: {
    status: 403,
    kind: "package",
    message: "The signature of {changes} was made in the future ({time}).",
    hint: "Check the clock of the machine that signed it.",
  },
  not_authorised: {
    status: 403,
    kind: "package",
    message: "Key {key}, which signed {changes}, may not upload to repository '{repository}'.",
    hint: "An administrator gives it the right with: mini-buildd key add FILE --repository {repository}.",
  },
  bad_changes: { status: 400, kind: "package", message: "{changes}: {reason}." },
  bad_dsc: { status: 400, kind: "package", message: "{dsc}: {reason}." },
  no_source: {
    status: 400,
    kind: "package",
    message: "{changes} lists {count} .dsc files; a source upload has exactly one.",
    hint: "Build with dpkg-buildpackage -S.",
  },
  duplicate_upload: {
    status: 409,
    kind: "package",
    message: "This very upload of {changes} was received before ({bkey}, {state}).",
  },
  component_unknown: {
    status: 400,
    kind: "package",
    message:
      "Section '{section}' of {dsc} is in component '{component}', which {distribution} does not have.",
    hint: "Components there: {known}.",
  },
  bad_version: {
    status: 400,
    kind: "package",
    message: "Version '{version}' of {source} is not valid: {reason}.",
  },
  version_restriction: {
    status: 409,
    kind: "package",
    message: "Version '{version}' of {source} does not fit {distribution}: {reason}.",
    hint: "It must end like '{example}'.",
  },
  version_exists: {
    status: 409,
    kind: "package",
    message: "{source} {version} is already in {places}.",
    hint: "Upload a higher version.",
  },
  in_progress: {
    status: 409,
    kind: "package",
    message: "{source} {version} is being packaged right now ({bkey}).",
    hint: "Wait for it, or cancel it.",
  },
  version_lower: {
    status: 409,
    kind: "package",
    message: "Version {version} of {source} is lower than {current}, which {distribution} has.",
    hint: "Upload a higher version.",
  },
  source_incomplete: {
    status: 400,
    kind: "package",
    message: "{file}, which {dsc} needs, is neither in the upload nor in the repository.",
    hint: "Build with -sa to include the original tarball.",
  },
  pool_conflict: {
    status: 409,
    kind: "package",
    message: "{file} is already in the repository with other content (SHA256 {have}, this one {new}).",
    hint: "Give the changed file another version.",
  },
  option_error: { status: 400, kind: "package", message: "Upload option: {reason}." },
  option_syntax: { status: 400, kind: "package", message: "Upload option: {reason}." },
  option_unknown: { status: 400, kind: "package", message: "Upload option: {reason}." },
  option_obsolete: { status: 400, kind: "package", message: "Upload option: {reason}." },
  option_bad_arch: { status: 400, kind: "package", message: "Upload option: {reason}." },
  option_duplicate: { status: 400, kind: "package", message: "Upload option: {reason}." },
  option_bad_value: { status: 400, kind: "package", message: "Upload option: {reason}." },
  nothing_to_build: {
    status: 400,
    kind: "package",
    message: "{source} builds nothing on the architectures of {distribution} ({known}).",
    hint: "Check the Architecture fields of debian/control.",
  },

  // Packaging and archive
  superseded: {
    status: 409,
    kind: "package",
    message: "{source} {version} was overtaken by {current} in {distribution}.",
  },
  unfinished: { status: 409, kind: "request", message: "{bkey} is still being worked on." },
  finished: { status: 409, kind: "request", message: "{bkey} has already ended ({state})." },
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
  broken_deb: { status: 400, kind: "package", message: "{file}: {reason}." },
  version_mismatch: {
    status: 409,
    kind: "request",
    message: "{distribution} holds {source} {current}, not {version}.",
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
  snapshot_exists: {
    status: 409,
    kind: "request",
    message: "{distribution} has a snapshot '{name}' already.",
    hint: "Delete it first, or choose another name.",
  },
  downgrade: {
    status: 409,
    kind: "request",
    message: "{distribution} holds {source} {current}, which is higher than {version}.",
    hint: "Ask for it expressly if the lower version shall replace it.",
  },
  occupied: {
    status: 409,
    kind: "request",
    message: "{distribution} holds {source} {current}.",
    hint: "Remove it first, or ask for it to be replaced.",
  },

  // Sources, chroots, builders
  source_untrusted: {
    status: 502,
    kind: "later",
    message: "The Release file of {source} at {url} is not trusted: {reason}.",
  },
  source_unusable: { status: 502, kind: "later", message: "Source {source} cannot be used: {reason}." },
  chroot_failed: {
    status: 500,
    kind: "builder",
    message: "The chroot {chroot} could not be made: {reason}.",
  },
  no_chroot: {
    status: 409,
    kind: "builder",
    message: "There is no working chroot for {codename} {arch}.",
    hint: "Make one: mini-buildd api local setup --chroots {codename}:{arch}, or wait for the one being made.",
  },

  // Machine
  home_locked: {
    status: 409,
    kind: "request",
    message: "The home {home} is in use by another mini-buildd process.",
    hint: "Stop that one first, or use another --home.",
  },
  schema_newer: {
    status: 409,
    kind: "request",
    message: "The database was written by a newer mini-buildd (schema {have}, this program knows {known}).",
    hint: "Upgrade this program.",
  },
  tool_missing: {
    status: 500,
    kind: "builder",
    message: "The program '{tool}' is missing.",
    hint: "Install the Debian package {package}.",
  },
  tool_failed: { status: 500, kind: "internal", message: "'{tool}' failed: {reason}." },
  bad_configuration: { status: 400, kind: "request", message: "Configuration: {reason}." },
  unreachable: {
    status: 503,
    kind: "later",
    message: "The instance at {endpoint} cannot be reached: {reason}.",
    hint: "Is the daemon running there?",
  },
});

export type ErrorCode = keyof typeof ERROR_CATALOGUE;
