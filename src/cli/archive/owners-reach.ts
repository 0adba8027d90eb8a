import type { ProcessOwner, UserIds } from "../owner.ts";
import { openOutOfReach } from "./open-out-of-reach.ts";
import { reachOf } from "./reach.ts";

/** Runs a script of the shell as the owner of the home. */
export type AsOwner = (script: string, args: readonly string[], input?: string | number) => string;

/** Opens a file that the owner of the home could not have led root to; undefined for all others. */
export type Open = (file: string) => number | undefined;

/** What root needs to tell its own files from those of the owner of a home. */
export interface OwnersReach {
  readonly asOwner: AsOwner;
  readonly open: Open;
}

export function reachOfOwner(owner: ProcessOwner, other: UserIds): OwnersReach {
  const asOwner: AsOwner = (script, args, input) =>
    owner.run(other, ["sh", "-eu", "-c", script, "sh", ...args], input);
  const isInReach = reachOf(other, groupsOf(other, asOwner));
  return { asOwner, open: (file) => openOutOfReach(file, isInReach) };
}

/** All groups of a user; none when nobody knows the user by name. */
function groupsOf({ uid }: UserIds, asOwner: AsOwner): number[] {
  return (asOwner('id -G "+$1" 2>/dev/null || :', [String(uid)]).match(/\d+/g) ?? []).map(Number);
}
