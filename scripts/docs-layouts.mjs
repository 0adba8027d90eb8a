// docs/reference/layouts.md from the layouts of the program.
import { cell, code, page, table } from "./docs-markdown.mjs";

export function layoutsPage({ LAYOUTS, parseWantedRepository }) {
  const sections = LAYOUTS.map((layout) => {
    const names = namesOf(parseWantedRepository, layout.name).map(code).join(" or ");
    const meta =
      layout.meta_distributions === "" ? "" : ` Meta distributions: ${code(layout.meta_distributions)}.`;
    const title = `## ${layout.name}\n\nNamed ${names} in \`setup --repositories IDENTITY/LAYOUT\`.${meta}`;
    return `${title}\n\n${suites(layout)}\n\n${versions(layout)}`;
  });
  return page("Layouts", INTRODUCTION, ...sections);
}

const INTRODUCTION = `A layout is a set of suites with rules. Each repository has one.

_Uploadable_: takes uploads. _Experimental_: results of the quality checks never fail a build. _Migrates to_: the suite that comes next. _Rollbacks_: how many earlier versions the suite keeps, each as a distribution of its own (\`…-rollback0\` is the newest). _apt_: the priority that apt gives packages of the suite; 1: only on request, 100: kept up to date once installed, 500: like any other source.

These come with the program; [make your own](../howto/make-a-layout.md).`;

const OPEN = { allowUnauthenticatedUploads: [], requireSignatures: [] };

/** The refusal of an unknown name lists the known ones. */
function namesOf(parseWantedRepository, layout) {
  return knownNames(parseWantedRepository).filter(
    (name) => parseWantedRepository(`x/${name}`, OPEN).layout === layout,
  );
}

function knownNames(parseWantedRepository) {
  try {
    parseWantedRepository("x/?", OPEN);
  } catch (error) {
    const [, list] = /known: ([a-z, -]+)/.exec(error.message) ?? [];
    if (list !== undefined) return list.split(", ");
  }
  throw new Error("the names of layouts could not be found out");
}

function suites(layout) {
  const yes = (flag) => (flag ? "yes" : "no");
  const rows = layout.suites.map((suite) => [
    code(suite.name),
    yes(suite.uploadable),
    yes(suite.experimental),
    suite.migrates_to === null ? "–" : code(suite.migrates_to),
    suite.rollback,
    aptPriority(suite),
  ]);
  return table(["suite", "uploadable", "experimental", "migrates to", "rollbacks", "apt"], rows);
}

/** apt_preferences(5): NotAutomatic 1, with ButAutomaticUpgrades 100. */
function aptPriority({ not_automatic: notAutomatic, but_automatic_upgrades: upgrades }) {
  if (!notAutomatic) return 500;
  return upgrades ? 100 : 1;
}

function versions(layout) {
  const { mandatory_version_regex: normal, experimental_mandatory_version_regex: experimental } = layout;
  if (normal === ".*" && experimental === ".*") return "Versions are free.";
  const shown = (text) => cell(code(text.replaceAll("%IDENTITY%", "R").replaceAll("%CODEVERSION%", "C")));
  return `With R the identity of the repository and C the codeversion of the base distribution, a version must contain ${shown(normal)}, in experimental suites ${shown(experimental)} (regular expressions). See [distribution names and versions](distribution-names-and-versions.md).`;
}
