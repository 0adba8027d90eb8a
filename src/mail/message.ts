/** One mail as it goes out. */
export interface Message {
  readonly messageId: string;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly body: string;
  readonly date: Date;
}

const LOCAL = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~][A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{0,63}$/;
const DOMAIN =
  /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;
const MAX_SUBJECT = 250;

/**
 * Whether a mail can go there: one plain address, without name, quotes, comments or anything that a header or a command
 * line could take for something else.
 */
export function isAddress(text: string): boolean {
  const at = text.lastIndexOf("@");
  const local = text.slice(0, at);
  return at > 0 && LOCAL.test(local) && !isDotted(local) && DOMAIN.test(text.slice(at + 1));
}

function isDotted(local: string): boolean {
  return local.startsWith(".") || local.endsWith(".") || local.includes("..");
}

/** The same for the same key, whatever is in it. */
export function messageIdOf(key: string, hostname: string): string {
  const safe = Buffer.from(key)
    .toString("latin1")
    .replaceAll(/[^A-Za-z0-9_-]/g, (it) => `=${it.charCodeAt(0).toString(16).padStart(2, "0")}`);
  return `<${safe}@${hostname}>`;
}

/** One line: what breaks a line, controls a terminal or turns the direction of text is a space. */
export function subjectOf(text: string): string {
  const line = text
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, " ")
    .trim();
  return Array.from(line).slice(0, MAX_SUBJECT).join("");
}

/** Plain text: of the control characters only line ends and tabs are left. */
export function bodyOf(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll(/[^\P{Cc}\n\t]/gu, "\ufffd");
}

/** Texts of mail servers name the recipient; what pages and `status` show to anybody must not. */
export function withoutAddresses(text: string): string {
  return text.replaceAll(/[^\s<>"',;:()]{1,64}@/g, "…@");
}
