import { isSuiteName, quote } from "#deb";
import type { LayoutSpec, SuiteSpec } from "../layouts.ts";
import { flag, oneLine, wholeNumber } from "./kinds.ts";
import type { Refuse, SettingKind } from "./setting.ts";

/** A column of a layout or suite: what reads it from text and shows it, alone or in a file. */
export interface Column<S> {
  readonly name: string;
  readonly form: string;
  readonly choices?: readonly string[];
  readonly doc: string;
  /** Why it cannot change while a repository has the layout. */
  readonly fixedInUse?: string;
  show(spec: S): string;
  /** The same with the value. */
  set(spec: S, text: string, refuse: Refuse): S;
}

function columnOf<S>() {
  return <C extends keyof S & string>(
    name: C,
    kind: SettingKind<S[C] & (string | number | null)>,
    doc: string,
    fixedInUse?: string,
  ): Column<S> => ({
    ...{ name, form: kind.form, doc },
    ...(kind.choices === undefined ? {} : { choices: kind.choices }),
    ...(fixedInUse === undefined ? {} : { fixedInUse }),
    show: (spec) => kind.show(spec[name] as S[C] & (string | number | null)),
    set: (spec, text, refuse) => ({ ...spec, [name]: kind.parse(text, refuse) }),
  });
}

const line = oneLine(200);

const suiteName: SettingKind<string | null> = {
  form: "a suite of the layout, or nothing",
  parse(text, refuse) {
    if (text === "" || text === "-") return null;
    return isSuiteName(text) ? text : refuse(`${quote(text)} is not the name of a suite`);
  },
  show: (stored) => stored ?? "",
};

const VERSIONS_DIFFER = "what versions there must contain would be another";
const PUBLISHED = "clients of what is published would be asked, or stop";

const suite = columnOf<SuiteSpec>();

export const SUITE_COLUMNS: readonly Column<SuiteSpec>[] = [
  suite("uploadable", flag, "Whether it takes uploads and ports."),
  suite(
    "experimental",
    flag,
    "Whether findings of quality checks never fail a build, and versions are the experimental ones.",
    VERSIONS_DIFFER,
  ),
  suite("migrates_to", suiteName, "The suite that packages migrate to."),
  suite("build_keyring_package", flag, "Whether keyring packages are built for it."),
  suite(
    "auto_migrate_after",
    wholeNumber(0, 36_500),
    "Days after which packages migrate by themselves; 0 never.",
  ),
  suite("not_automatic", flag, "Whether apt installs from it on request only.", PUBLISHED),
  suite(
    "but_automatic_upgrades",
    flag,
    "Whether apt upgrades what was installed from it, although it is not automatic.",
    PUBLISHED,
  ),
  suite("rollback", wholeNumber(0, 999), "How many earlier versions it keeps, as distributions."),
  suite(
    "sources_per_component",
    wholeNumber(1, 1000),
    "Versions of a source side by side; more than 1 keeps no rollbacks.",
  ),
  suite(
    "shared_package_names",
    flag,
    "Whether a source may bring a binary package that another source already has there.",
  ),
];

const layout = columnOf<LayoutSpec>();

export const LAYOUT_COLUMNS: readonly Column<LayoutSpec>[] = [
  layout(
    "default_version",
    line,
    "What ports append to versions; %IDENTITY% and %CODEVERSION% are filled in.",
  ),
  layout(
    "mandatory_version_regex",
    line,
    "Expression that versions must contain at their end; .* allows all.",
  ),
  layout("experimental_default_version", line, "The same for experimental suites: what ports append."),
  layout("experimental_mandatory_version_regex", line, "The same: what versions must contain."),
  layout(
    "meta_distributions",
    line,
    "Short names, as META=CODENAME-SUITE, that stand for a distribution of the repository.",
  ),
];
