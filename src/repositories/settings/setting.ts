import type { Executor, Tx } from "#db";

/** Ends the reading of a value with the reason, the rest of a sentence. */
export type Refuse = (reason: string) => never;

/** How the values of a setting are written, and how they are kept in a row. */
export interface SettingKind<T extends string | number | null> {
  /** For people: `yes or no`. */
  readonly form: string;
  /** All values there are, where these are few. */
  readonly choices?: readonly string[];
  parse(text: string, refuse: Refuse): T;
  /** Text that `parse` takes again. */
  show(stored: T): string;
}

/** Something that the administrator can change about a thing of the set-up; S: its rows. */
export interface Setting<S> {
  /** As it is typed, and the name of its column where it has one. */
  readonly name: string;
  readonly form: string;
  readonly choices?: readonly string[];
  /** What it does, one sentence. */
  readonly doc: string;
  /** Why it cannot be changed (now), the rest of a sentence. */
  readonly fixed?: (subject: S) => string | undefined;
  /** Builds that have not begun go by the new value. */
  readonly building?: true;
  read(subject: S): string;
  /** Looks at the machine, before anything is written. */
  check?(text: string, refuse: Refuse): Promise<void>;
  write(tx: Tx, subject: S, text: string, refuse: Refuse): Promise<void>;
}

/** Further words of a setting of one column. */
export type SettingWords<S> = Pick<Setting<S>, "fixed" | "building" | "check">;

/** What is shown of a setting. */
export interface SettingView {
  readonly name: string;
  readonly value: string;
  readonly form: string;
  readonly doc: string;
  readonly choices?: readonly string[];
  /** Why it cannot be changed. */
  readonly fixed?: string;
}

/** A setting that only says what is. */
export function fixedSetting<S>(
  name: string,
  doc: string,
  reason: string,
  read: (subject: S) => string,
): Setting<S> {
  const fixed = () => reason;
  return { name, form: "", doc, fixed, read, write: async (_tx, _subject, _text, refuse) => refuse(reason) };
}

/** The tables of settings are found by these words. */
export type SubjectKind = "repository" | "distribution" | "chroot" | "layout" | "suite";

/** What a kind of thing has settings for, and what follows from a change of them. */
export interface Subjects<S> {
  readonly kind: SubjectKind;
  readonly settings: readonly Setting<S>[];
  /** @throws MbdError when there is none of that name */
  find(db: Executor, name: string): Promise<S>;
  /** After a change: what must hold, and what becomes of it. @throws MbdError when it must not be */
  changed(tx: Tx, subject: S, names: readonly string[]): Promise<Effects>;
}

export interface Effects {
  /** Sentences for who made the change. */
  readonly notes: readonly string[];
}
