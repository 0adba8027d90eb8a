import { type ByteSource, debError, showName } from "./deb-source.ts";

/** One member of an ar archive; offset and size in bytes. */
export interface ArMember {
  readonly name: string;
  readonly offset: number;
  readonly sizeBytes: number;
}

const MAGIC = "!<arch>\n";
const HEADER_BYTES = 60;
// A .deb has three members; a few more are allowed (signatures). Without a limit a file of empty members
// would make a list of millions.
const MAX_MEMBERS = 32;

/**
 * Lists the members of an ar archive in the common format of deb(5) (no long-name extensions, names of at most
 * 15 characters with an optional trailing slash). Throws a FormatError for anything else, including bytes
 * behind the last member and members that reach beyond the end of the file.
 */
export async function readArMembers(source: ByteSource): Promise<ArMember[]> {
  await checkMagic(source);
  const members: ArMember[] = [];
  let position = MAGIC.length;
  while (position < source.sizeBytes) {
    if (members.length === MAX_MEMBERS)
      throw debError(source.name, `has more than ${MAX_MEMBERS} ar members`);
    const member = await readHeader(source, position, members.at(-1));
    members.push(member);
    position = member.offset + member.sizeBytes;
    if (member.sizeBytes % 2 === 1) {
      await checkPadding(source, position, member);
      position += 1;
    }
  }
  return members;
}

async function checkMagic(source: ByteSource): Promise<void> {
  if (source.sizeBytes === 0) throw debError(source.name, "is empty, not a Debian package");
  const magic = (await source.read(0, MAGIC.length)).toString("latin1");
  if (magic !== MAGIC) {
    throw debError(source.name, "is not a Debian package: it does not start with the ar signature !<arch>");
  }
}

async function readHeader(source: ByteSource, position: number, previous: ArMember | undefined) {
  const behind = previous ? `behind the ar member ${previous.name}` : "behind the ar signature";
  const left = source.sizeBytes - position;
  const header = (await source.read(position, HEADER_BYTES)).toString("latin1");
  if (header.length < HEADER_BYTES) {
    throw debError(
      source.name,
      `is cut off or has garbage at the end: ${left} bytes ${behind} are no ar header`,
    );
  }
  if (header.slice(58) !== "`\n") {
    throw debError(source.name, `has a broken ar header ${behind}: it does not end with the ar header magic`);
  }
  const name = memberName(source, header.slice(0, 16), behind);
  const sizeBytes = headerSize(source, header, name);
  if (sizeBytes > left - HEADER_BYTES) {
    const reason = `ar member ${name} claims ${sizeBytes} bytes, but only ${left - HEADER_BYTES} follow`;
    throw debError(source.name, `is cut off: ${reason}`);
  }
  return { name, offset: position + HEADER_BYTES, sizeBytes };
}

function memberName(source: ByteSource, field: string, behind: string): string {
  const name = /^([A-Za-z0-9_.+-]{1,15})\/? *$/.exec(field)?.[1];
  if (name === undefined) {
    throw debError(
      source.name,
      `has an ar member ${behind} with the bad name "${showName(field.trimEnd())}"`,
    );
  }
  return name;
}

function headerSize(source: ByteSource, header: string, name: string): number {
  const fields: [string, string, RegExp][] = [
    ["modification time", header.slice(16, 28), /^[0-9]* *$/],
    ["user id", header.slice(28, 34), /^[0-9]* *$/],
    ["group id", header.slice(34, 40), /^[0-9]* *$/],
    ["mode", header.slice(40, 48), /^[0-7]* *$/],
    ["size", header.slice(48, 58), /^[0-9]+ *$/],
  ];
  for (const [what, text, syntax] of fields) {
    if (!syntax.test(text)) {
      throw debError(
        source.name,
        `has a bad ${what} "${showName(text.trimEnd())}" in the ar header of ${name}`,
      );
    }
  }
  return Number.parseInt(header.slice(48, 58), 10);
}

async function checkPadding(source: ByteSource, position: number, member: ArMember): Promise<void> {
  const padding = (await source.read(position, 1)).toString("latin1");
  if (padding === "")
    throw debError(source.name, `is cut off: the padding of ar member ${member.name} is missing`);
  if (padding !== "\n")
    throw debError(source.name, `has a wrong padding byte behind ar member ${member.name}`);
}
