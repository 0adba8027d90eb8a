// docs/reference/settings.md from the tables of settings.
import { cell, code, page, table } from "./docs-markdown.mjs";

export function settingsPage({ SETTING_WORDS }) {
  const sections = Object.entries(SETTING_WORDS).map(
    ([kind, words]) => `## ${TITLES[kind]}\n\n${EXAMPLES[kind]}\n\n${settings(words)}`,
  );
  return page("Settings", INTRODUCTION, ...sections);
}

const INTRODUCTION = `\`mini-buildd admin show KIND NAME\` shows the settings of a thing, \`mini-buildd admin set KIND NAME KEY=VALUE…\` changes them: all that are given, or none. Both work with and without a running daemon. Values that are lists are separated by blanks or commas; \`KEY=\` empties a setting. See [change settings](../howto/change-settings.md).`;

const TITLES = {
  repository: "Repositories",
  distribution: "Distributions",
  chroot: "Chroots",
  layout: "Layouts",
  suite: "Suites of layouts",
};

const EXAMPLES = {
  repository: "By identity: `mini-buildd admin set repository test active=no`.",
  distribution:
    "A codename of a repository: `mini-buildd admin set distribution bookworm-test lintian_mode=WARNFAIL`. Where an upload has an [option](upload-options.md) of its own, that one counts.",
  chroot:
    'A codename and an architecture: `mini-buildd admin set chroot bookworm:amd64 blocks="eatmydata extra-ca"`. See [blocks](../howto/use-blocks.md).',
  layout: "By name, or as `setup` calls them: `mini-buildd admin set layout small meta_distributions=`.",
  suite: "As LAYOUT/SUITE: `mini-buildd admin set suite default/stable rollback=12`.",
};

function settings(words) {
  const rows = words.map(({ name, form, doc }) => [
    code(name),
    cell(doc),
    form === "" ? "cannot be changed" : cell(form),
  ]);
  return table(["setting", "what it does", "values"], rows);
}
