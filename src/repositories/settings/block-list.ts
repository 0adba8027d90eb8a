import { blockNames } from "#blocks";
import type { Tx } from "#db";
import { quote } from "#deb";
import { errorText } from "#platform";
import { refuseRepeated, splitWords } from "./kinds.ts";
import type { Refuse, Setting } from "./setting.ts";

/** What lists blocks: which ones, and where the list is kept (JSON). */
interface BlockList<S> {
  readonly phase: "chroot" | "build";
  readonly doc: string;
  read(subject: S): string;
  write(tx: Tx, subject: S, json: string): Promise<void>;
  /** Looks at the machine for what a block needs of it; rejects with what is missing. */
  needs?(name: string): Promise<unknown>;
}

const MAX_BLOCKS = 50;

/** Blocks in their order (builds.md 11); names that nobody knows are refused. */
export function blockList<S>({ phase, doc, read, write, needs }: BlockList<S>): Setting<S> {
  return {
    ...{ name: "blocks", form: `names of blocks of ${phase}s, in their order`, doc },
    ...(phase === "build" ? { building: true } : {}),
    async check(text, refuse) {
      for (const name of splitWords(text))
        await needs?.(name).catch((error: unknown) => refuse(errorText(error)));
    },
    read: (subject) => (JSON.parse(read(subject)) as string[]).join(" "),
    async write(tx, subject, text, refuse) {
      const names = splitWords(text);
      if (names.length > MAX_BLOCKS) refuse(`it has more than ${MAX_BLOCKS} words`);
      refuseRepeated(names, refuse);
      await refuseUnknown(tx, phase, names, refuse);
      await write(tx, subject, JSON.stringify(names));
    },
  };
}

async function refuseUnknown(
  tx: Tx,
  phase: BlockList<unknown>["phase"],
  names: readonly string[],
  refuse: Refuse,
): Promise<void> {
  const known = await blockNames(tx, phase);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    refuse(`there is no block ${quote(unknown)} of ${phase}s; known: ${known.join(", ")}`);
}
