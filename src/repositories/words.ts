// A door of its own for the command line: completion must not load what stands behind the tables.
export { LAYOUT_NAMES, LAYOUTS } from "./layouts.ts";
export { SETTING_WORDS } from "./settings/setting-words.ts";
