import { defineErrors } from "./error-definition.ts";

/** About requests and whether they can be answered now. */
export const REQUEST_ERRORS = defineErrors({
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
  setting_busy: {
    status: 409,
    kind: "later",
    message:
      "Setting '{setting}' of {object} cannot change yet, as {bkey} depends on it; nothing was changed.",
    hint: "Try again when that has ended, or cancel it.",
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
  incoming_too_many: {
    status: 507,
    kind: "later",
    message: "{count} files from {from} are in no accepted upload already; {limit} are allowed.",
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
});
