import { LOCAL_BY } from "#accounts";
import type { SettingsReport, SettingsRequest } from "#api";
import type { BlockView, OwnBlocks } from "#blocks";

export type BlockRequest = Extract<SettingsRequest, { readonly command: `block-${string}` }>;

/** The administrator's hand on blocks, and what it says of that. */
export async function runBlockCommand(blocks: OwnBlocks, request: BlockRequest): Promise<SettingsReport> {
  switch (request.command) {
    case "block-list": {
      const views = await blocks.list();
      return { text: views.map(lineOf).join(""), notes: [], result: views };
    }
    case "block-show": {
      const view = await blocks.find(request.name);
      return { text: shown(view), notes: [], result: view };
    }
    case "block-set": {
      const { command: _, ...given } = request;
      const { block, changed } = await blocks.set(given, LOCAL_BY);
      const { name, version, users } = block;
      const text = changed ? `block ${name} has version ${version}\n` : `block ${name} is so already\n`;
      return {
        text,
        notes: changed ? followed(block) : [],
        result: { block: name, version, changed, users },
      };
    }
    case "block-remove":
      await blocks.remove(request.name, LOCAL_BY);
      return { text: `block ${request.name} is removed\n`, notes: [], result: { block: request.name } };
  }
}

/** Name, version, phase, what lists it, what it does: separated by tabs. */
function lineOf({ name, version, phase, users, doc }: BlockView): string {
  return `${[name, version, phase, users.join(" "), doc ?? "of your own"].join("\t")}\n`;
}

function shown(view: BlockView): string {
  const facts = {
    block: view.name,
    version: view.version,
    phase: view.phase,
    "listed by": view.users.join(" "),
    packages: view.packages.join(" "),
    variables: view.variables.join(" "),
    path: view.path.join(" "),
    what: view.doc ?? "",
  };
  const lines = Object.entries(facts).flatMap(([name, value]) =>
    value === "" ? [] : [`${name}: ${value}\n`],
  );
  return `${lines.join("")}${view.text === undefined ? "" : `\n${view.text}`}`;
}

function followed({ name, phase, users }: BlockView): string[] {
  if (users.length === 0)
    return [`Nothing lists it yet: mini-buildd admin set ${EXAMPLES[phase]} blocks="… ${name}"`];
  return phase === "build"
    ? [`Builds of ${users.join(", ")} that have not begun have it.`]
    : [`${users.join(", ")}: made again with the daily work, or at once by the call remake_chroots.`];
}

const EXAMPLES = {
  build: "distribution CODENAME-REPOSITORY",
  chroot: "chroot CODENAME:ARCHITECTURE",
} as const;
