import { CHROOT_SETTINGS } from "./chroot-subjects.ts";
import { DISTRIBUTION_SETTINGS } from "./distribution-settings.ts";
import { LAYOUT_SETTINGS, SUITE_SETTINGS } from "./layout-settings.ts";
import { REPOSITORY_SETTINGS } from "./repository-settings.ts";
import type { SubjectKind } from "./setting.ts";

/** A setting as the reference and completion tell of it. */
export interface SettingWord {
  readonly name: string;
  readonly form: string;
  readonly doc: string;
  readonly choices?: readonly string[];
  /** Never to be changed. */
  readonly onlyShown: boolean;
}

const wordsOf = (settings: readonly Omit<SettingWord, "onlyShown">[]): readonly SettingWord[] =>
  settings.map(({ name, form, doc, choices }) => ({
    ...{ name, form, doc, onlyShown: form === "" },
    ...(choices === undefined ? {} : { choices }),
  }));

/** All settings there are. */
export const SETTING_WORDS: Readonly<Record<SubjectKind, readonly SettingWord[]>> = {
  repository: wordsOf(REPOSITORY_SETTINGS),
  distribution: wordsOf(DISTRIBUTION_SETTINGS),
  chroot: wordsOf(CHROOT_SETTINGS),
  layout: wordsOf(LAYOUT_SETTINGS),
  suite: wordsOf(SUITE_SETTINGS),
};
