import {
  checkMandatory,
  checkVersionSyntax,
  expandDefaultVersion,
  expandMandatoryRegex,
  FormatError,
  isMetaDistribution,
  isSuiteName,
  quote,
} from "#deb";
import { LAYOUT_NAMES, type LayoutSpec, type SuiteSpec } from "./layouts.ts";

/** What is wrong with a layout (names-and-versions.md 5.1 to 5.4): the rest of a sentence each, none for a good one. */
export function layoutFaults(spec: LayoutSpec): string[] {
  const names = spec.suites.map(({ name }) => name);
  const repeated = names.find((name, index) => names.indexOf(name) < index);
  return [
    ...(names.length === 0 ? ["it has no suite"] : []),
    ...(repeated === undefined ? [] : [`suite ${repeated} is there twice`]),
    ...spec.suites.flatMap((suite) =>
      suiteFaults(suite, spec.suites).map((it) => `suite ${suite.name}: ${it}`),
    ),
    ...versionFaults("default_version", spec.default_version, spec.mandatory_version_regex),
    ...versionFaults(
      "experimental_default_version",
      spec.experimental_default_version,
      spec.experimental_mandatory_version_regex,
    ),
    ...metaFaults(spec.meta_distributions),
  ];
}

/** Names of own layouts stand behind the slash of IDENTITY/LAYOUT; those of the program are taken. */
export function layoutNameFault(name: string): string | undefined {
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(name))
    return `${quote(name)} is not a name for a layout (1 to 32 lower-case letters, digits and hyphens)`;
  if (Object.hasOwn(LAYOUT_NAMES, name)) return `${quote(name)} is a layout of the program`;
  return undefined;
}

function suiteFaults(suite: SuiteSpec, all: readonly SuiteSpec[]): string[] {
  const faults: string[] = [];
  if (!isSuiteName(suite.name))
    faults.push("its name must be 1 to 32 lower-case letters, and not 'rollback'");
  if (suite.experimental && !suite.uploadable) faults.push("an experimental suite must be uploadable");
  if (suite.experimental && suite.migrates_to !== null) faults.push("an experimental suite must not migrate");
  if (suite.build_keyring_package && !suite.uploadable)
    faults.push("keyring packages can be built for an uploadable suite only");
  if (suite.auto_migrate_after > 0 && suite.migrates_to === null)
    faults.push("automatic migration needs a suite to migrate to");
  if (!suite.not_automatic && suite.but_automatic_upgrades)
    faults.push("but_automatic_upgrades is for suites that are not_automatic");
  return [...faults, ...migrationFaults(suite, all)];
}

function migrationFaults(suite: SuiteSpec, all: readonly SuiteSpec[]): string[] {
  if (suite.migrates_to === null) return [];
  const target = all.find(({ name }) => name === suite.migrates_to);
  if (target === undefined) return [`it migrates to ${suite.migrates_to}, which the layout does not have`];
  if (target.uploadable) return [`it migrates to ${target.name}, which takes uploads`];
  const seen = [suite.name];
  for (let next = target; !seen.includes(next.name); ) {
    seen.push(next.name);
    const after = all.find(({ name }) => name === next.migrates_to);
    if (after === undefined) return [];
    next = after;
  }
  return [`it migrates in a circle (${seen.join(", ")})`];
}

/** Any base will do: what differs between them is filled in on both sides. */
const BASES = ["12", "~SID", "2404"];

/** Ports append the default version, and must then pass the rule of their own target. */
function versionFaults(setting: string, defaultVersion: string, mandatory: string): string[] {
  try {
    for (const codeversion of BASES) {
      const context = { identity: "test", codeversion };
      const version = `1.0${expandDefaultVersion(defaultVersion, context)}`;
      const mark = expandMandatoryRegex(mandatory, context);
      if (checkVersionSyntax(version) !== undefined)
        return [`${setting} does not make a version (${version})`];
      if (checkMandatory(version, mark) !== undefined)
        return [`${setting} (${version}) does not satisfy its own mandatory expression (${mark})`];
    }
    return [];
  } catch (error) {
    if (error instanceof FormatError) return [error.message.replace(/\.$/, "")];
    throw error;
  }
}

const META_WORD = /^([^=]+)=[a-z][a-z0-9]{0,31}-[a-z]{1,32}$/;

function metaFaults(words: string): string[] {
  const seen = new Set<string>();
  return words
    .split(/\s+/)
    .filter((word) => word !== "")
    .flatMap((word) => {
      const [, meta = ""] = META_WORD.exec(word) ?? [];
      if (meta === "") return [`${quote(word)} is not of the form META=CODENAME-SUITE`];
      if (!isMetaDistribution(meta)) return [`${quote(meta)} cannot be a meta distribution`];
      if (seen.has(meta)) return [`the meta distribution ${meta} is there twice`];
      seen.add(meta);
      return [];
    });
}
