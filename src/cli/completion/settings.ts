import { LAYOUT_NAMES, LAYOUTS, SETTING_WORDS } from "#repositories/words";
import type { Candidate } from "./candidates.ts";
import type { Place } from "./place.ts";

/** `KEY=` with what it does, and behind it the values, where these are few. */
export function settingWords({ current, given }: Place): Candidate[] {
  const { kind = "" } = given;
  const words = Object.entries(SETTING_WORDS).flatMap(([of, all]) => (of === kind ? all : []));
  const [name, value] = current.split("=", 2);
  if (value === undefined)
    return words.filter((it) => !it.onlyShown).map((it) => ({ value: `${it.name}=`, text: it.doc }));
  const choices = words.find((it) => it.name === name)?.choices ?? [];
  return choices.map((choice) => ({ value: `${name}=${choice}`, text: "" }));
}

/** Layouts of the program as they are typed, or their suites. */
export function layoutNames(suites: boolean): string[] {
  return Object.entries(LAYOUT_NAMES).flatMap(([name, title]) => {
    const layout = LAYOUTS.find((each) => each.name === title);
    return suites ? (layout?.suites ?? []).map((suite) => `${name}/${suite.name}`) : [name];
  });
}
