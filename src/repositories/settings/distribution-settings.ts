import { isFailOnOption, PATTERNS, Resolver } from "#builds";
import { QA_MODES, quote } from "#deb";
import { architectures } from "./architectures.ts";
import { blockList } from "./block-list.ts";
import { components } from "./components.ts";
import { column, type DistributionSubject } from "./distribution-subject.ts";
import { extraSources } from "./extra-sources.ts";
import { choice, uploadOption, wordList } from "./kinds.ts";
import { fixedSetting, type Setting } from "./setting.ts";

const mode = choice(QA_MODES);

const lintianOptions = wordList("options of lintian(1), without --fail-on", (word) => {
  if (isFailOnOption(word)) return `${quote(word)} would change what makes lintian's verdict`;
  return PATTERNS.lintianOption.test(word) ? undefined : `${quote(word)} is not an option of lintian`;
});

const words = (list: readonly string[]) => list.join(" ");

/** What can be said about a codename of a repository. An upload can say otherwise where it has an option. */
export const DISTRIBUTION_SETTINGS: readonly Setting<DistributionSubject>[] = [
  fixedSetting(
    "base",
    "The distribution that packages are built for.",
    "packages were built for it; add another codename instead",
    ({ source }) => `${source.origin} ${source.codename}`,
  ),
  components,
  architectures,
  extraSources,
  column("lintian_mode", mode, "How findings of lintian count."),
  column("lintian_extra_options", lintianOptions, "Options that lintian gets in each build."),
  column("lintian_warnfail_options", lintianOptions, "Options that it gets besides in mode WARNFAIL."),
  column("autopkgtest_mode", mode, "How results of the package's own tests count."),
  column("piuparts_mode", mode, "How results of installing, upgrading and removing it count."),
  column(
    "checks_by_uploads",
    choice(["none", "signed", "all"]),
    "Uploads that may switch on autopkgtest and piuparts where they are DISABLED; both run code of the package with the machine's network.",
  ),
  column("build_dep_resolver", choice(Resolver.options), "What finds the build-dependencies."),
  column(
    "internal_apt_priority",
    uploadOption("internal-apt-priority", "a whole number from -32768 to 32767, not 0", (value) => value),
    "Priority of the repository's own packages among build-dependencies (apt_preferences(5)).",
  ),
  column(
    "deb_build_options",
    uploadOption("deb-build-options", "words like nocheck or parallel=2", words),
    "DEB_BUILD_OPTIONS of each build.",
  ),
  column(
    "deb_build_profiles",
    uploadOption("deb-build-profiles", "words like nodoc", words),
    "Build profiles of each build.",
  ),
  blockList({
    phase: "build",
    doc: "Pieces of set-up that each build begins with.",
    read: ({ distribution }) => distribution.blocks,
    async write(tx, { distribution }, blocks) {
      await tx.updateTable("distribution").set({ blocks }).where("id", "=", distribution.id).execute();
    },
  }),
];
