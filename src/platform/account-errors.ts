import { defineErrors } from "./error-definition.ts";

/** About people's accounts. */
export const ACCOUNT_ERRORS = defineErrors({
  account_inactive: {
    status: 403,
    kind: "request",
    message: "The account '{name}' is not active.",
    hint: "A new account is activated by the address that was mailed to you, or by an administrator.",
  },
  name_taken: {
    status: 409,
    kind: "request",
    message: "There is an account '{name}' already.",
    hint: "Choose another name.",
  },
  link_invalid: {
    status: 410,
    kind: "request",
    message: "This address does not work (any more).",
    hint: "It works once and for a limited time; ask for a new one.",
  },
  last_admin: {
    status: 409,
    kind: "request",
    message: "'{name}' is the last active administrator.",
    hint: "Make somebody else an administrator first.",
  },
  not_a_user: {
    status: 403,
    kind: "request",
    message: "{what} is for users; '{name}' is none.",
    hint: "Sign in, or send a token that belongs to a user.",
  },
  key_changed: {
    status: 409,
    kind: "request",
    message: "'{name}' has set another key meanwhile: {fingerprint}.",
    hint: "Decide about that one.",
  },
  key_taken: {
    status: 409,
    kind: "request",
    message: "Key {fingerprint} is active as the key of another user.",
    hint: "An administrator can deactivate it there.",
  },
});
