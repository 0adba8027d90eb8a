import type { Flag } from "#db";
import { ANY_VERSION, DEFAULT_VERSION_TEMPLATES } from "#deb";

/** Suite of a layout (names-and-versions.md 5.1). */
export interface SuiteSpec {
  readonly name: string;
  readonly uploadable: Flag;
  readonly experimental: Flag;
  readonly migrates_to: string | null;
  readonly build_keyring_package: Flag;
  readonly auto_migrate_after: number;
  readonly not_automatic: Flag;
  readonly but_automatic_upgrades: Flag;
  readonly rollback: number;
  readonly sources_per_component: number;
  readonly shared_package_names: Flag;
}

export interface LayoutSpec {
  readonly name: string;
  readonly default_version: string;
  readonly mandatory_version_regex: string;
  readonly experimental_default_version: string;
  readonly experimental_mandatory_version_regex: string;
  readonly meta_distributions: string;
  readonly suites: readonly SuiteSpec[];
}

const { normal, experimental } = DEFAULT_VERSION_TEMPLATES;

/** The version rules of a layout where nothing else is said. */
export const MARKED = {
  default_version: normal.defaultVersion,
  mandatory_version_regex: normal.mandatoryVersionRegex,
  experimental_default_version: experimental.defaultVersion,
  experimental_mandatory_version_regex: experimental.mandatoryVersionRegex,
};

/** A suite as it is where nothing else is said. */
export function suiteWith(name: string, more: Partial<SuiteSpec> = {}): SuiteSpec {
  return {
    name,
    uploadable: 1,
    experimental: 0,
    migrates_to: null,
    build_keyring_package: 0,
    auto_migrate_after: 0,
    not_automatic: 1,
    but_automatic_upgrades: 1,
    rollback: 0,
    sources_per_component: 1,
    shared_package_names: 0,
    ...more,
  };
}

const DEFAULT: LayoutSpec = {
  name: "Default",
  ...MARKED,
  meta_distributions: "",
  suites: [
    suiteWith("experimental", { experimental: 1, but_automatic_upgrades: 0, rollback: 6 }),
    suiteWith("snapshot", { experimental: 1, rollback: 12 }),
    suiteWith("unstable", { migrates_to: "testing", build_keyring_package: 1, rollback: 9 }),
    suiteWith("testing", { uploadable: 0, migrates_to: "stable", rollback: 3 }),
    suiteWith("hotfix", { migrates_to: "stable", rollback: 4 }),
    suiteWith("stable", { uploadable: 0, rollback: 6 }),
  ],
};

/** The layouts that come with the program (names-and-versions.md 5.2). */
export const LAYOUTS: readonly LayoutSpec[] = [
  DEFAULT,
  {
    ...DEFAULT,
    name: "Default (no rollbacks)",
    suites: DEFAULT.suites.map((spec) => ({ ...spec, rollback: 0 })),
  },
  {
    name: "Debian Developer",
    default_version: "~%IDENTITY%%CODEVERSION%+1",
    mandatory_version_regex: ANY_VERSION,
    experimental_default_version: "~%IDENTITY%%CODEVERSION%+0",
    experimental_mandatory_version_regex: ANY_VERSION,
    meta_distributions: "unstable=sid-unstable experimental=sid-experimental",
    suites: [
      suiteWith("unstable", { build_keyring_package: 1 }),
      suiteWith("experimental", { experimental: 1, but_automatic_upgrades: 0 }),
    ],
  },
];

/** How `--repositories IDENTITY/LAYOUT` names the layouts of the program; own ones it calls by their names. */
export const LAYOUT_NAMES: Readonly<Record<string, string>> = {
  test: "Default",
  default: "Default",
  "default-no-rollbacks": "Default (no rollbacks)",
  debdev: "Debian Developer",
};

/** Order in which suites are shown (names-and-versions.md 5.1): what is live first, experiments last. */
export function compareSuites(a: SuiteSpec, b: SuiteSpec): number {
  return displayOrder(a) - displayOrder(b) || (a.name < b.name ? -1 : Number(a.name > b.name));
}

function displayOrder(spec: SuiteSpec): number {
  return (spec.uploadable ? 5 : 0) + (spec.migrates_to === null ? 0 : 5) + (spec.experimental ? 20 : 0);
}
