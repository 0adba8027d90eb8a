import { type EventView, statusLine } from "#events";
import type { NewMail } from "#mail";
import type { Recipient } from "./recipients.ts";

/** The text of a mail about an event (pipeline.md 10). Control characters are the concern of `#mail`. */

export interface MailedBuild {
  readonly id: number;
  readonly arch: string;
  readonly state: string;
  readonly reason: string | null;
  readonly message: string | null;
  /** `lintian PASS` */
  readonly qa: readonly string[];
  /** Of the log; they most likely say why it failed. */
  readonly errorLines: readonly string[];
}

export interface MailFacts {
  readonly event: EventView;
  readonly builds: readonly MailedBuild[];
  /** What the signature of the .changes covers. */
  readonly changesText: string | null;
  readonly identity: string;
  readonly hostname: string;
  /** Of this instance, without a slash at its end. */
  readonly url: string;
}

const MAX_MESSAGE = 2000;
const MAX_LISTED = 100;
const MAX_CHANGES = 32 * 1024;

export function mailOf(facts: MailFacts, { address, reasons }: Recipient): NewMail {
  const { event, identity } = facts;
  return {
    to: address,
    subject: `[mini-buildd-${identity}] ${statusLine(event)}`,
    body: bodyOf(facts, reasons),
    // Two instances may have one host.
    key: `${identity}-event-${event.id}`,
  };
}

function bodyOf(facts: MailFacts, reasons: readonly string[]): string {
  const sections = [
    [shortened(statusLine(facts.event))],
    messagesOf(facts.event),
    factsOf(facts.event),
    buildsOf("Builds that are not good:", facts, (state) => state !== "BUILT" && state !== "SKIPPED"),
    buildsOf("Good builds:", facts, (state) => state === "BUILT" || state === "SKIPPED"),
    portsOf(facts.event),
    changesOf(facts.changesText),
    footerOf(facts, reasons),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

/** What the status line has no place for. */
function messagesOf({ data }: EventView): string[] {
  return recordsOf(data.errors).flatMap(({ message, hint }) => [
    `* ${shortened(message)}`,
    ...(hint === undefined ? [] : [`  ${shortened(hint)}`]),
  ]);
}

function factsOf({ data, actor }: EventView): string[] {
  const rows: readonly (readonly [string, string])[] = [
    ["Reason", textOf(data.reason)],
    ["Missing", textOf(data.missing)],
    ["From", textOf(data.from)],
    ["To", textOf(data.to)],
    ["Replaced", textOf(data.replaced)],
    ["Rollbacks", wordsOf(data.rollbacks)],
    ["Also in", wordsOf(data.also_in)],
    ["By", actor.kind === "system" ? "" : `${actor.kind} ${actor.name}`],
  ];
  return rows.filter(([, value]) => value !== "").map(([name, value]) => `${name}: ${shortened(value)}`);
}

function buildsOf(title: string, facts: MailFacts, wanted: (state: string) => boolean): string[] {
  const lines = facts.builds
    .filter(({ state }) => wanted(state))
    .slice(0, MAX_LISTED)
    .flatMap((build) => buildLines(build, facts.url));
  return lines.length === 0 ? [] : [title, ...lines];
}

function buildLines(
  { id, arch, state, reason, message, qa, errorLines }: MailedBuild,
  url: string,
): string[] {
  const why = [reason === null ? "" : ` (${reason})`, message === null ? "" : `: ${message}`].join("");
  return [
    `* ${shortened(`${arch}: ${state}${why}`)}`,
    ...(qa.length === 0 ? [] : [`  ${qa.join(", ")}`]),
    ...errorLines.map((line) => `  | ${shortened(line)}`),
    ...(state === "SKIPPED" ? [] : [`  ${url}/builds/${id}/log`]),
  ];
}

/** Automatic ports that an install asked for. */
function portsOf({ data }: EventView): string[] {
  const ports = recordsOf(data.ports).map(({ target, error }) =>
    shortened(`* ${textOf(target)}: ${error === undefined ? "requested" : `failed: ${textOf(error)}`}`),
  );
  return ports.length === 0 ? [] : ["Ports:", ...ports];
}

function changesOf(text: string | null): string[] {
  if (text === null) return [];
  const shown = text.slice(0, MAX_CHANGES);
  const lines = shown.trimEnd().split(/\r?\n/);
  // Set in, so that nothing in it looks like a part of the mail.
  return [
    "The .changes:",
    ...lines.map((line) => `  ${line}`.trimEnd()),
    ...(shown.length < text.length ? ["  (the rest is left out)"] : []),
  ];
}

function footerOf({ event, identity, hostname, url }: MailFacts, reasons: readonly string[]): string[] {
  const { packaging, upload, package: source } = event.links;
  const place = packaging ?? upload ?? source ?? `/events?type=${event.type}`;
  return [
    "-- ",
    `mini-buildd ${identity} on ${hostname}`,
    `You get this mail because ${reasons.join(", and because ")}.`,
    `${url}${place}`,
  ];
}

function recordsOf(value: unknown): Record<string, unknown>[] {
  const all: readonly unknown[] = Array.isArray(value) ? value.slice(0, MAX_LISTED) : [];
  return all.flatMap((each) =>
    typeof each === "object" && each !== null ? [each as Record<string, unknown>] : [],
  );
}

function wordsOf(value: unknown): string {
  const all: readonly unknown[] = Array.isArray(value) ? value.slice(0, MAX_LISTED) : [];
  return all.map(textOf).join(", ");
}

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** One line of bounded length. */
function shortened(value: unknown): string {
  const line = textOf(value).replaceAll(/\s+/g, " ").trim();
  return line.length > MAX_MESSAGE ? `${line.slice(0, MAX_MESSAGE)}…` : line;
}
