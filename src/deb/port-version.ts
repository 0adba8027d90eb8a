import { formatStamp } from "./build-key.ts";
import {
  ANY_VERSION,
  checkMandatory,
  expandDefaultVersion,
  expandMandatoryRegex,
  splitMandatory,
  type VersionContext,
  type VersionTemplates,
} from "./mandatory-version.ts";
import { checkVersionSyntax } from "./version.ts";

/** The version rules of one suite on one base, with all values filled in. */
export interface SuiteVersions {
  /** Mandatory expression. */
  readonly mark: string;
  readonly defaultVersion: string;
  readonly experimental: boolean;
}

/** The rules of a suite from the templates of its layout (those for its kind). @throws FormatError */
export function suiteVersions(
  templates: VersionTemplates,
  context: VersionContext,
  experimental: boolean,
): SuiteVersions {
  return {
    mark: expandMandatoryRegex(templates.mandatoryVersionRegex, context),
    defaultVersion: expandDefaultVersion(templates.defaultVersion, context),
    experimental,
  };
}

/** Version of a rebuild into the same distribution; a stamp at the end is replaced, never stacked. */
export function rebuildVersion(version: string, now: Date): string {
  return `${version.replace(/\+rebuilt[0-9]{14}$/, "")}+rebuilt${formatStamp(now)}`;
}

/** Version of a port of a foreign source package. */
export function externalPortVersion(version: string, to: SuiteVersions): string {
  return version + to.defaultVersion;
}

/**
 * Version of a port from one suite to another, also of another repository or base. Keeps the order of revisions: the
 * mandatory part is exchanged, its revision and tail are kept where the target allows them.
 */
export function internalPortVersion(version: string, from: SuiteVersions, to: SuiteVersions): string {
  const parts = from.mark === ANY_VERSION ? undefined : splitMandatory(version, from.mark);
  const markPlus = parts?.mark.lastIndexOf("+") ?? -1;
  const targetPlus = to.defaultVersion.lastIndexOf("+");
  // Expressions of an administrator's own may know no revision; then there is nothing to carry over.
  if (parts === undefined || markPlus < 0 || targetPlus < 0) return version + to.defaultVersion;
  const prefix = parts.base + to.defaultVersion.slice(0, targetPlus + 1);
  const revision = to.defaultVersion.slice(targetPlus + 1);
  const rest = parts.mark.slice(markPlus + 1) + parts.tail;
  if (from.experimental === to.experimental) return prefix + rest;
  if (to.experimental) return `${prefix}${revision}+${rest}`;
  const extra = rest.replace(/^[0-9]+/, "");
  // Revision 0 is not allowed there: the tail goes below the target's first revision.
  return extra === "" ? prefix + revision : `${prefix}${revision}~${extra.replace(/^[+~]/, "")}`;
}

/** Undefined if a version may enter the suite (syntax and mandatory part), else a sentence saying why not. */
export function checkSuiteVersion(version: string, suite: SuiteVersions): string | undefined {
  return checkVersionSyntax(version) ?? checkMandatory(version, suite.mark);
}
