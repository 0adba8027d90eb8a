import { type By, isLevel, type Level } from "#accounts";
import { badArgument, MbdError } from "#platform";
import type { Caller } from "./caller.ts";
import type { FormFields } from "./form-fields.ts";

/**
 * The account that sent a form. Not a token: it may be of a lower level than its owner, and would make itself one of the
 * owner's level here.
 */
export function userOf({ principal }: Caller): number {
  if (principal.kind === "user" && principal.userId !== undefined) return principal.userId;
  throw new MbdError("not_a_user", { what: "The page of an account", name: principal.name });
}

/** For records. */
export function byOf({ principal, client }: Caller): By {
  return { name: principal.name, kind: principal.kind, client };
}

/** Typed twice, as one cannot read it. */
export function newPassword({ text }: FormFields): string {
  const password = text("password");
  if (password === text("repeat")) return password;
  throw badArgument("repeat", "this is not the same as above");
}

export function levelOf(text: string): Level {
  if (isLevel(text) && text !== "NONE") return text;
  throw badArgument("level", "it is LOGIN, STAFF or ADMIN");
}

/** Empty: for ever. */
export function daysOf(text: string): number | undefined {
  if (text === "") return undefined;
  if (/^[1-9][0-9]{0,4}$/.test(text)) return Number(text);
  throw badArgument("days", "it is a whole number from 1 up");
}

/** Between blanks or commas. */
export function wordsOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== "");
}

/** Empty: any. */
export function subscriptionOf({ text }: FormFields): { package: string; distribution: string } {
  return { package: text("package").trim(), distribution: text("distribution").trim() };
}
