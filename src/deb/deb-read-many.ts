import { collectControl, collectPaths } from "./deb-collect.ts";
import { DEFAULT_DEB_LIMITS } from "./deb-limits.ts";
import { type DebMember, type DebMembers, readDebMembers } from "./deb-members.ts";
import { type DebContents, readDeb } from "./deb-read.ts";
import { bufferSource, debError } from "./deb-source.ts";
import { type Packed, unpackMany } from "./deb-unpack-many.ts";
import { FormatError } from "./errors.ts";
import { readTarBuffer } from "./tar-buffer.ts";
import type { TarVisitor } from "./tar-read.ts";

/** A small .deb as a whole. */
export interface DebBytes {
  readonly fileName: string;
  readonly bytes: Buffer;
}

/** What `readDeb` gives, or the FormatError it throws. */
export type DebOutcome = DebContents | FormatError;

/**
 * Reads many small .debs at once, much faster than one by one. What is not plainly right is left to `readDeb`, so both
 * accept the same and refuse in the same words. Some hundreds at a time, for what they unpack to is held in memory.
 * @throws when the machine fails (program xz missing)
 */
export async function readManyDebs(files: readonly DebBytes[]): Promise<DebOutcome[]> {
  const found = await Promise.all(files.map(membersOf));
  const packed = files.flatMap(({ bytes }, index): Packed[] => {
    const members = found[index];
    return members === undefined
      ? []
      : [members.control, members.data].map((member) => ({
          compression: member.compression,
          bytes: bytes.subarray(member.offset, member.offset + member.sizeBytes),
        }));
  });
  const unpacked = (await unpackMany(packed)).values();
  const outcomes: DebOutcome[] = [];
  for (const [index, file] of files.entries()) {
    const members = found[index];
    const quick =
      members === undefined
        ? undefined
        : readQuickly(file, members, unpacked.next().value, unpacked.next().value);
    outcomes.push(quick ?? (await readAlone(file)));
  }
  return outcomes;
}

async function membersOf({ fileName, bytes }: DebBytes): Promise<DebMembers | undefined> {
  try {
    return await readDebMembers(bufferSource(fileName, bytes));
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

async function readAlone({ fileName, bytes }: DebBytes): Promise<DebOutcome> {
  try {
    return await readDeb(bufferSource(fileName, bytes));
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
}

function readQuickly(
  { fileName }: DebBytes,
  members: DebMembers,
  controlTar: Buffer | undefined,
  dataTar: Buffer | undefined,
): DebContents | undefined {
  if (controlTar === undefined || dataTar === undefined) return undefined;
  const limits = DEFAULT_DEB_LIMITS;
  const failing = (member: DebMember) => (reason: string) => debError(fileName, `${member.name} ${reason}`);
  try {
    const control = collectControl(fileName, limits, failing(members.control));
    readSmallTar(controlTar, failing(members.control), control.visit);
    const paths = collectPaths(limits, failing(members.data));
    readSmallTar(dataTar, failing(members.data), paths.visit);
    return {
      fileName,
      memberNames: members.names,
      ...control.finish(),
      paths: paths.finish(),
      controlCompression: members.control.compression,
      dataCompression: members.data.compression,
      dataSizeBytes: dataTar.length,
    };
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

function readSmallTar(bytes: Buffer, fail: (reason: string) => Error, visit: TarVisitor): void {
  const { pathBytes } = DEFAULT_DEB_LIMITS;
  readTarBuffer(bytes, { nameBytes: pathBytes, entryBytes: bytes.length, fail }, (entry) => {
    if (entry.name.length > pathBytes) throw fail(`has a name of more than ${pathBytes} bytes`);
    return visit(entry);
  });
}
