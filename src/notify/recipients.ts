import { EVENT_KINDS, type EventView } from "#events";
import { isAddress } from "#mail";

/** Whom mails go to (pipeline.md 10), decided from facts alone. */

export interface RepositoryRules {
  readonly identity: string;
  /** Addresses that are told of everything in it. */
  readonly notify: readonly string[];
  readonly notifyChangedBy: boolean;
  readonly notifyMaintainer: boolean;
  /** Expression that addresses named by uploads must match as a whole; empty: those of the instance's host. */
  readonly allowEmailsTo: string;
}

export interface InstanceRules {
  readonly notify: readonly string[];
  readonly hostname: string;
}

/** As its .changes names them: `Jane Doe <jane@example.org>`. */
export interface UploadPeople {
  /** By a known key; without, anybody could have written these names. */
  readonly signed: boolean;
  readonly changedBy: string | null;
  readonly maintainer: string | null;
}

export interface Telling {
  readonly event: Pick<EventView, "type" | "arch" | "data">;
  /** Another build of the packaging waited for dependencies before. */
  readonly waitedBefore: boolean;
  readonly instance: InstanceRules;
  /** Absent when none is known. */
  readonly repository: RepositoryRules | undefined;
  readonly upload: UploadPeople | undefined;
  /** Active users with a subscription that matches. */
  readonly subscribers: readonly { readonly name: string; readonly email: string }[];
}

export interface Recipient {
  readonly address: string;
  /** Why, each as the end of a sentence that begins with "because". */
  readonly reasons: readonly string[];
}

/** Whether an event of this kind is ever mailed; saves looking facts up. */
export function isMailedType({ type }: Pick<EventView, "type">): boolean {
  return EVENT_KINDS[type].mailed;
}

/** Each address once, compared without case. */
export function recipientsOf(telling: Telling): Recipient[] {
  if (!isMailed(telling)) return [];
  const { instance, repository } = telling;
  const all: { address: string | undefined; reason: string }[] = [
    ...instance.notify.map((address) => ({ address, reason: "this instance tells you of everything" })),
    ...(repository?.notify ?? []).map((address) => ({
      address,
      reason: `repository ${repository?.identity} tells you of everything`,
    })),
    ...(isForKeepersOnly(telling) ? [] : [...peopleOf(telling), ...subscribersOf(telling)]),
  ];
  const own = `mini-buildd@${instance.hostname}`.toLowerCase();
  const found = new Map<string, { address: string; reasons: string[] }>();
  for (const { address, reason } of all) {
    if (address === undefined || address.toLowerCase() === own) continue;
    const known = found.get(address.toLowerCase());
    if (known === undefined) found.set(address.toLowerCase(), { address, reasons: [reason] });
    else if (!known.reasons.includes(reason)) known.reasons.push(reason);
  }
  return [...found.values()];
}

function isMailed({ event, waitedBefore }: Telling): boolean {
  if (!isMailedType(event)) return false;
  if (event.type === "DEP_WAIT") return !waitedBefore;
  // The end of one build is told of with the packaging.
  if (event.type === "CANCELLED") return event.arch === undefined;
  return !hasError(event, "duplicate_upload");
}

/** Anybody can send these: what they say of people counts for nothing, and is no news for who subscribed. */
function isForKeepersOnly({ event, upload }: Telling): boolean {
  return event.type === "REJECTED" && (hasError(event, "incomplete") || upload?.signed !== true);
}

function hasError({ data }: Telling["event"], code: string): boolean {
  const errors: readonly unknown[] = Array.isArray(data.errors) ? data.errors : [];
  return errors.some((error) => (error as { code?: unknown } | null)?.code === code);
}

function peopleOf({ repository, upload, instance }: Telling) {
  if (upload?.signed !== true) return [];
  const { changedBy, maintainer } = upload;
  const expression = repository?.allowEmailsTo ?? "";
  const allowed = (person: string | null) => {
    const address = addressOf(person ?? "");
    return address !== undefined && isAllowed(address, expression, instance.hostname) ? address : undefined;
  };
  return [
    ...(repository === undefined || repository.notifyChangedBy
      ? [{ address: allowed(changedBy), reason: "you made the change (Changed-By)" }]
      : []),
    ...(repository?.notifyMaintainer === true
      ? [{ address: allowed(maintainer), reason: "you maintain the package (Maintainer)" }]
      : []),
  ];
}

function subscribersOf({ subscribers }: Telling) {
  return subscribers.map(({ name, email }) => ({
    address: isAddress(email) ? email : undefined,
    reason: `user ${name} has a subscription that matches`,
  }));
}

const LONGEST_PERSON = 1000;

/** The address of `Jane Doe <jane@example.org>`, or the text itself; undefined when mail cannot go there. */
export function addressOf(person: string): string | undefined {
  const text = person.slice(0, LONGEST_PERSON).trim();
  const address = /<([^<>]*)>$/.exec(text)?.[1] ?? text;
  return isAddress(address) ? address : undefined;
}

/** Whether uploads may have mail sent there. An expression that is none allows nothing. */
export function isAllowed(address: string, expression: string, hostname: string): boolean {
  const wanted = expression === "" ? `.*@${hostname.replaceAll(/[^A-Za-z0-9-]/g, "\\$&")}` : expression;
  try {
    return new RegExp(`^(?:${wanted})$`, "i").test(address);
  } catch {
    return false;
  }
}
