import { defineErrors } from "./error-definition.ts";

/** About uploads: how they came, who signed them, what they are. */
export const UPLOAD_ERRORS = defineErrors({
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
  port_not_authorised: {
    status: 403,
    kind: "package",
    message:
      "{changes} asks by auto-ports for a port to {target}, but {who} may not upload to repository '{repository}'.",
    hint: "Leave the target out, or let an administrator give the right: mini-buildd key add FILE --repository {repository}.",
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
});
