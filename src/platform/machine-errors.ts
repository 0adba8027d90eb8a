import { defineErrors } from "./error-definition.ts";

/** About sources, chroots, builders, and the machine. */
export const MACHINE_ERRORS = defineErrors({
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
  not_root: {
    status: 403,
    kind: "request",
    message: "{what} needs root.",
    hint: "Run it as root, for instance with sudo.",
  },
  wrong_key: {
    status: 409,
    kind: "request",
    message: "The key of {what} is {have}, not {wanted}.",
    hint: "Ask its administrator for the fingerprint; if it is right, somebody stands between you and the instance.",
  },
  hook_failed: {
    status: 502,
    kind: "later",
    message: "The web hook {hook} did not take the message: {reason}.",
    hint: "Look into the receiver's log; it must answer within ten seconds with a status from 200 to 299.",
  },
  bad_configuration: { status: 400, kind: "request", message: "Configuration: {reason}." },
  unreachable: {
    status: 503,
    kind: "later",
    message: "The instance at {endpoint} cannot be reached: {reason}.",
    hint: "Is the daemon running there?",
  },
});
