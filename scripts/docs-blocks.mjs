// docs/reference/blocks.md from the blocks of the program and the rules for others.
import { cell, code, page, table } from "./docs-markdown.mjs";

export function blocksPage({ BUILT_IN_VIEWS, OWN_BLOCK_FORMS, MAX_BLOCK_TEXT, CACHE_MOUNT }) {
  const of = (phase) => {
    const rows = BUILT_IN_VIEWS.filter((view) => view.phase === phase).map(({ name, doc }) => [
      code(name),
      cell(doc),
    ]);
    return table(["block", "what it does"], rows);
  };
  return page(
    "Blocks",
    INTRODUCTION,
    "## Of chroots",
    of("chroot"),
    "`eatmydata` is what a chroot lists unless it is told otherwise.",
    "## Of builds",
    of("build"),
    `A cache is at \`${CACHE_MOUNT}NAME\` for the build, and at \`cache/NAME/REPOSITORY/CODENAME-ARCHITECTURE\` in the home of the instance.`,
    "## Of your own",
    own(OWN_BLOCK_FORMS, MAX_BLOCK_TEXT),
    STEPS,
  );
}

const INTRODUCTION =
  "A block is a named piece of set-up with a version. Chroots and distributions list blocks in order (setting [`blocks`](settings.md)); see [use blocks](../howto/use-blocks.md). Those of the program:";

function own({ name, variable, path }, maxText) {
  const rows = [
    ["name", cell(name), "chroot, build"],
    ["text", `shell text (\`sh -e\`), at most ${maxText} bytes, run as root in the chroot`, "chroot, build"],
    ["packages", "names of packages to install before", "chroot"],
    ["variables", cell(variable), "build"],
    ["path", cell(`${path}, which stands first in the path of the build`), "build"],
  ];
  return table(["part", "what it is", "of"], rows);
}

const STEPS =
  "The version of an own block goes up at every change, also when the block was removed in between: name and version stand for one text for ever. In a build the texts run after the first `apt-get update` and before the build dependencies are installed, each behind a line `MBD-BLOCK NAME VERSION` of the log. Variables and path are those of the build itself, not of what root runs before. The systems that autopkgtest tests in are set up likewise, but without caches, variables and path.";
