import { defineErrors } from "./error-definition.ts";

/** About names of distributions, and what they may be used for. */
export const NAME_ERRORS = defineErrors({
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
    hint: "Write CODENAME-REPOSITORY-SUITE instead.",
  },
  is_rollback: {
    status: 409,
    kind: "request",
    message: "'{distribution}' is a rollback; nothing can be uploaded or ported there.",
    hint: "Name the suite itself, without -rollbackN.",
  },
  not_uploadable: {
    status: 409,
    kind: "request",
    message: "Suite '{suite}' of '{distribution}' does not take uploads.",
    hint: "Upload to {uploadable} and migrate from there.",
  },
  repository_inactive: {
    status: 409,
    kind: "request",
    message: "Repository '{repository}' is not active.",
    hint: "An administrator makes it active with: mini-buildd admin set repository {repository} active=yes.",
  },
});
