import { badArgument, quoted } from "#platform";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$/;
const EMAIL = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;
const MIN_PASSWORD = 10;
const MAX_PASSWORD = 1024;
/** Names that records use for what is no user. */
const RESERVED = ["nobody", "local", "system", "anonymous"];

export function checkName(name: string): void {
  if (!NAME.test(name))
    throw badArgument("name", `${quoted(name)} is not a name (letters, digits, . _ @ + -)`);
}

/** A name that somebody may choose for themself. */
export function checkNewName(name: string): void {
  checkName(name);
  if (RESERVED.includes(name.toLowerCase())) throw badArgument("name", `${quoted(name)} is reserved`);
  // It could be somebody else's address, by which that one asks for a new password.
  if (name.includes("@")) throw badArgument("name", `${quoted(name)} is not a name: it has an @`);
}

export function checkEmail(email: string): void {
  if (!EMAIL.test(email)) throw badArgument("email", `${quoted(email)} is not a mail address`);
}

/** @throws MbdError bad_argument; the message never holds the password. */
export function checkNewPassword(password: string, name: string): void {
  const { length } = password;
  if (length < MIN_PASSWORD)
    throw badArgument("password", `it must have at least ${MIN_PASSWORD} characters`);
  if (length > MAX_PASSWORD) throw badArgument("password", `it must have at most ${MAX_PASSWORD} characters`);
  if (new Set(password).size === 1) throw badArgument("password", "it is one character again and again");
  if (password.toLowerCase() === name.toLowerCase()) throw badArgument("password", "it is the name");
}
