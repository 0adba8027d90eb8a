import type { Flag } from "#db";
import {
  FormatError,
  parseUploadOptionValue,
  quote,
  type UploadOptionKey,
  type UploadOptionValues,
} from "#deb";
import type { Refuse, SettingKind } from "./setting.ts";

/** Kinds of values. What they refuse, they refuse with the rest of a sentence. */

const FLAGS: Readonly<Record<string, Flag>> = { yes: 1, true: 1, "1": 1, no: 0, false: 0, "0": 0 };

export const flag: SettingKind<Flag> = {
  form: "yes or no",
  choices: ["yes", "no"],
  parse(text, refuse) {
    const value = Object.hasOwn(FLAGS, text.toLowerCase()) ? FLAGS[text.toLowerCase()] : undefined;
    return value ?? refuse(`${quote(text)} is neither yes nor no`);
  },
  show: (stored) => (stored === 1 ? "yes" : "no"),
};

/** One line of text; what could end a line or hide in it is refused. */
export function oneLine(maxLength: number): SettingKind<string> {
  return {
    form: `one line of at most ${maxLength} characters`,
    parse(text, refuse) {
      if (text.length > maxLength) refuse(`it is longer than ${maxLength} characters`);
      if (/\p{Cc}|[\u2028\u2029]/u.test(text)) refuse("it must be one line without control characters");
      return text;
    },
    show: (stored) => stored,
  };
}

export function choice(values: readonly string[]): SettingKind<string> {
  return {
    form: values.join(", "),
    choices: values,
    parse: (text, refuse) =>
      values.includes(text) ? text : refuse(`${quote(text)} is not one of ${values.join(", ")}`),
    show: (stored) => stored,
  };
}

export function wholeNumber(minimum: number, maximum: number, unit = ""): SettingKind<number> {
  return {
    form: `a whole number from ${minimum} to ${maximum}${unit}`,
    parse(text, refuse) {
      const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : -1;
      if (value >= minimum && value <= maximum) return value;
      return refuse(`${quote(text)} is not a whole number from ${minimum} to ${maximum}`);
    },
    show: String,
  };
}

/** Words, kept as a JSON list; `wrong` says what is the matter with one. */
export function wordList(
  form: string,
  wrong: (word: string) => string | undefined,
  limit = 100,
): SettingKind<string> {
  return {
    form,
    parse(text, refuse) {
      const list = splitWords(text);
      if (list.length > limit) refuse(`it has more than ${limit} words`);
      refuseRepeated(list, refuse);
      for (const word of list) {
        const reason = wrong(word);
        if (reason !== undefined) refuse(reason);
      }
      return JSON.stringify(list);
    },
    show: (stored) => (JSON.parse(stored) as string[]).join(" "),
  };
}

export function refuseRepeated(words: readonly string[], refuse: Refuse): void {
  const repeated = words.find((word, index) => words.indexOf(word) < index);
  if (repeated !== undefined) refuse(`${quote(repeated)} is there twice`);
}

/** By blanks or commas. */
export function splitWords(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== "");
}

/** What an upload can say too, in the same words. */
export function uploadOption<K extends UploadOptionKey, T extends string | number>(
  key: K,
  form: string,
  keep: (value: UploadOptionValues[K]) => T,
): SettingKind<T> {
  return {
    form,
    parse(text, refuse) {
      try {
        return keep(parseUploadOptionValue(key, text));
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        return refuse(error.message.replace(/^value: /, "").replace(/\.$/, ""));
      }
    },
    show: String,
  };
}
