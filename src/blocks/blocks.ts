import type { Audit, By } from "#accounts";
import type { Database, Executor, Tx } from "#db";
import { isSourcePackage, quote } from "#deb";
import { type Clock, isoNow, MbdError } from "#platform";
import type { BlockPhase } from "./block.ts";
import { BLOCK_PATTERNS, MAX_BLOCK_TEXT, OWN_BLOCK_FORMS } from "./block-rules.ts";
import {
  type BlockRow,
  findBlockRow,
  insertBlock,
  listBlocks,
  updateBlock,
  usersOfBlock,
} from "./block-store.ts";
import { BUILD_BLOCKS, CHROOT_BLOCKS, EXTRA_CA, EXTRA_CA_DOC } from "./built-in.ts";
import { builtInNames } from "./find-blocks.ts";

/** What an administrator says of a block of their own: all of it. */
export interface BlockPart {
  readonly name: string;
  readonly phase: BlockPhase;
  readonly text: string;
  /** Of a block of chroots. */
  readonly packages: readonly string[];
  /** Of a block of builds, as NAME=VALUE. */
  readonly variables: readonly string[];
  /** Likewise. */
  readonly path: readonly string[];
}

/** A block as its administrator sees it. */
export interface BlockView extends Omit<BlockPart, "text"> {
  readonly version: string;
  readonly builtIn: boolean;
  /** Of a built-in one: what it does; its text is the program's. */
  readonly doc?: string;
  readonly text?: string;
  /** What lists it: `bookworm-test`, or `bookworm:amd64` of a chroot. */
  readonly users: readonly string[];
}

/** Blocks as their administrator handles them. */
export interface OwnBlocks {
  /** All there are, the program's first. */
  list(): Promise<BlockView[]>;
  /** @throws MbdError not_found */
  find(name: string): Promise<BlockView>;
  /** Makes a block, or another version of it. @throws MbdError bad_argument */
  set(block: BlockPart, by: By): Promise<{ readonly block: BlockView; readonly changed: boolean }>;
  /** One that nobody lists. @throws MbdError not_found, bad_argument */
  remove(name: string, by: By): Promise<void>;
}

export interface OwnBlocksDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly audit: Pick<Audit, "done">;
}

const MAX_WORDS = 100;

export function createBlocks({ db, clock, audit }: OwnBlocksDeps): OwnBlocks {
  const list = async () => [
    ...(await Promise.all(BUILT_IN_VIEWS.map((view) => withUsers(db.read, view)))),
    ...(await Promise.all((await listBlocks(db.read)).map((row) => withUsers(db.read, viewOf(row))))),
  ];
  return {
    list,
    async find(name) {
      const found = (await list()).find((view) => view.name === name);
      if (found === undefined) throw notFound(name);
      return found;
    },
    async set(block, by) {
      check(block);
      return await db.write(async (tx) => {
        const before = await findBlockRow(tx, block.name);
        const after = rowOf(block, before, isoNow(clock));
        const changed = before === undefined || before.version !== after.version;
        if (changed) {
          await (before === undefined ? insertBlock(tx, after) : updateBlock(tx, block.name, after));
          const { name, phase, version } = after;
          await audit.done(tx, by, "block.set", { block: name, phase, version: String(version) });
        }
        return { changed, block: await withUsers(tx, viewOf({ ...after, id: 0 })) };
      });
    },
    async remove(name, by) {
      if (blockPhase(name) !== undefined) throw refused("block", `${name} is one of the program`);
      await db.write(async (tx) => {
        const row = await findBlockRow(tx, name);
        if (row === undefined || row.removed === 1) throw notFound(name);
        await refuseUsed(tx, row);
        // The row stays: a block of this name that is made later goes on counting its versions.
        await updateBlock(tx, name, { removed: 1, changed_at: isoNow(clock) });
        await audit.done(tx, by, "block.remove", { block: name });
      });
    },
  };
}

/** Phase of a block that comes with the program. */
function blockPhase(name: string): BlockPhase | undefined {
  return (["chroot", "build"] as const).find((phase) => builtInNames(phase).includes(name));
}

const NO_PARTS = { packages: [], variables: [], path: [] };
const OF_PROGRAM = { ...NO_PARTS, builtIn: true, users: [] };

/** Those that come with the program. */
export const BUILT_IN_VIEWS: readonly BlockView[] = [
  ...CHROOT_BLOCKS.map(
    ({ doc, block: { name, version, packages } }): BlockView => ({
      ...{ ...OF_PROGRAM, name, version, phase: "chroot", packages, doc },
    }),
  ),
  {
    ...OF_PROGRAM,
    ...{ name: EXTRA_CA, version: "1", phase: "chroot", doc: EXTRA_CA_DOC, packages: ["ca-certificates"] },
  },
  ...BUILD_BLOCKS.map(
    ({ doc, block: { name, version, path, variables } }): BlockView => ({
      ...{ ...OF_PROGRAM, name, version, phase: "build", doc, path },
      variables: Object.entries(variables).map((entry) => entry.join("=")),
    }),
  ),
];

function viewOf(row: BlockRow): BlockView {
  const variables = JSON.parse(row.variables) as Record<string, string>;
  return {
    ...{ name: row.name, version: String(row.version), phase: row.phase as BlockPhase },
    ...{ text: row.text, builtIn: false, users: [] },
    packages: JSON.parse(row.packages) as string[],
    variables: Object.entries(variables).map((entry) => entry.join("=")),
    path: JSON.parse(row.path) as string[],
  };
}

async function withUsers(db: Executor, view: BlockView): Promise<BlockView> {
  return { ...view, users: await usersOfBlock(db, view.phase, view.name) };
}

/** The row that follows; with the same version when nothing is another than before. */
function rowOf(block: BlockPart, before: BlockRow | undefined, now: string): Omit<BlockRow, "id"> {
  const { name, phase, text } = block;
  if (before !== undefined && before.removed === 0 && before.phase !== phase)
    throw refused("phase", `block ${name} is one of ${before.phase}s; give this one another name`);
  const parts = {
    ...{ phase, text, packages: JSON.stringify(block.packages), path: JSON.stringify(block.path) },
    variables: JSON.stringify(Object.fromEntries(block.variables.map(variable))),
    removed: 0 as const,
  };
  const same = Object.entries(parts).every(([key, value]) => before?.[key as keyof BlockRow] === value);
  if (before !== undefined && same) return before;
  return { ...parts, name, version: (before?.version ?? 0) + 1, changed_at: now };
}

async function refuseUsed(tx: Tx, { name, phase }: BlockRow): Promise<void> {
  const users = await usersOfBlock(tx, phase as BlockPhase, name);
  if (users.length > 0) throw refused("block", `${name} is listed by ${users.join(", ")}`);
}

function check({ name, phase, text, packages, variables, path }: BlockPart): void {
  if (!BLOCK_PATTERNS.blockName.test(name))
    throw refused("name", `${quote(name)} is not a name of ${OWN_BLOCK_FORMS.name}`);
  if (blockPhase(name) !== undefined) throw refused("name", `${name} is a block of the program`);
  if (Buffer.byteLength(text) > MAX_BLOCK_TEXT || text.includes("\0"))
    throw refused("file", `it is not a shell text of at most ${MAX_BLOCK_TEXT} bytes`);
  if (phase === "build" && packages.length > 0)
    throw refused("package", "only blocks of chroots have packages; install them by the text");
  if (phase === "chroot" && variables.length + path.length > 0)
    throw refused(variables.length > 0 ? "variable" : "path", "only blocks of builds have it");
  if (Math.max(packages.length, variables.length, path.length) > MAX_WORDS)
    throw refused("block", `it has more than ${MAX_WORDS} of a kind`);
  for (const word of packages)
    if (!isSourcePackage(word)) throw refused("package", `${quote(word)} is not the name of a package`);
  for (const word of variables) {
    const [key, value] = variable(word);
    if (!BLOCK_PATTERNS.blockVariable.test(key) || !BLOCK_PATTERNS.blockValue.test(value))
      throw refused("variable", `${quote(word)} is not ${OWN_BLOCK_FORMS.variable}`);
  }
  for (const word of path)
    if (!BLOCK_PATTERNS.blockPath.test(word))
      throw refused("path", `${quote(word)} is not ${OWN_BLOCK_FORMS.path}`);
}

function variable(word: string): [string, string] {
  const at = word.indexOf("=");
  return at < 0 ? ["", ""] : [word.slice(0, at), word.slice(at + 1)];
}

function notFound(name: string): MbdError {
  return new MbdError("not_found", { what: `Block ${quote(name)}` });
}

function refused(argument: string, reason: string): MbdError {
  return new MbdError("bad_argument", { argument, reason });
}
