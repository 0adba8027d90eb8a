import { EXTRA_CA, extraCa } from "#blocks";
import { type Chroot, findChroot, listChroots, updateChroot } from "#chroots";
import type { Executor } from "#db";
import { MbdError } from "#platform";
import { blockList } from "./block-list.ts";
import { fixedSetting, type Setting, type Subjects } from "./setting.ts";

const shown = (name: string, doc: string, read: (chroot: Chroot) => string) =>
  fixedSetting(name, doc, "it says how the chroot is", read);

/** What can be said about a chroot. */
export const CHROOT_SETTINGS: readonly Setting<Chroot>[] = [
  shown("state", "How it stands with it.", ({ state }) => state),
  shown("made_at", "When it was made.", ({ made_at }) => made_at ?? ""),
  shown("error", "Why it could not be made, or made again.", ({ error }) => error ?? ""),
  blockList({
    phase: "chroot",
    doc: "Pieces of set-up that it is made with.",
    read: ({ blocks }) => blocks,
    needs: async (name) => (name === EXTRA_CA ? await extraCa() : undefined),
    write: (tx, chroot, blocks) => updateChroot(tx, chroot, { blocks }),
  }),
];

/** Chroots, as `bookworm:amd64`. */
export const CHROOTS: Subjects<Chroot> = {
  kind: "chroot",
  settings: CHROOT_SETTINGS,
  find: findChrootSubject,
  changed: async (_tx, { codename, arch }) => ({
    notes: [
      `Chroot ${codename}:${arch} is made again with the daily work, or at once by the call remake_chroots.`,
    ],
  }),
};

async function findChrootSubject(db: Executor, name: string): Promise<Chroot> {
  const [codename = "", arch = ""] = name.split(":", 2);
  const chroot = await findChroot(db, codename, arch);
  if (chroot !== undefined) return chroot;
  const known = (await listChroots(db)).map((row) => `${row.codename}:${row.arch}`).join(", ") || "none yet";
  const reason = `there is no chroot '${name}'; known: ${known}`;
  throw new MbdError("bad_argument", { argument: "chroot", reason });
}
