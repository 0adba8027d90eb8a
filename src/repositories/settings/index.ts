export type { EnsureDistribution } from "./distribution-subjects.ts";
export { extraPriority } from "./extra-sources.ts";
export { LAYOUT_COLUMNS, SUITE_COLUMNS } from "./layout-columns.ts";
export { refuseFewerRollbacks } from "./layout-settings.ts";
export { layoutChanged, layoutNamed } from "./layout-subjects.ts";
export type { Refuse, SettingView, SubjectKind } from "./setting.ts";
export {
  createSettings,
  type Settings,
  type SettingsChanged,
  type SettingsDeps,
} from "./settings-service.ts";
export { someOf, unfinishedIn } from "./unfinished.ts";
