import { createHash } from "node:crypto";

const PUBLIC_KEY = 6;
/** The only version that gpg and apt's gpgv know. */
const VERSION = 4;

interface Packet {
  readonly tag: number;
  readonly body: Uint8Array;
}

/**
 * Fingerprints of the primary keys of a binary keyring, upper-case hex, in its order (RFC 9580, 5.5.4.2). Keys of other
 * versions, and whatever follows something that is no packet, are left out.
 */
export function fingerprintsOf(keyring: Uint8Array): string[] {
  const found: string[] = [];
  for (const { tag, body } of packetsOf(keyring)) {
    if (tag !== PUBLIC_KEY || body[0] !== VERSION) continue;
    const length = Uint8Array.of(0x99, body.length >> 8, body.length & 0xff);
    found.push(createHash("sha1").update(length).update(body).digest("hex").toUpperCase());
  }
  return found;
}

/** RFC 9580, 4.2. Keys are never written in parts of unknown length. */
function* packetsOf(data: Uint8Array): Generator<Packet> {
  for (let at = 0; at < data.length; ) {
    const header = headerAt(data, at);
    if (header === undefined || header.end > data.length) return;
    yield { tag: header.tag, body: data.subarray(header.start, header.end) };
    at = header.end;
  }
}

function headerAt(data: Uint8Array, at: number): { tag: number; start: number; end: number } | undefined {
  const first = data[at] ?? 0;
  if ((first & 0x80) === 0) return undefined;
  const isNew = (first & 0x40) !== 0;
  const tag = isNew ? first & 0x3f : (first >> 2) & 0x0f;
  const sized = isNew ? newLength(data, at + 1) : oldLength(data, at + 1, first & 0x03);
  if (sized === undefined) return undefined;
  return { tag, start: sized.start, end: sized.start + sized.length };
}

type Sized = { readonly start: number; readonly length: number } | undefined;

function newLength(data: Uint8Array, at: number): Sized {
  const [first = 255, second = 0] = data.subarray(at, at + 2);
  if (first < 192) return { start: at + 1, length: first };
  if (first < 224) return { start: at + 2, length: (first - 192) * 256 + second + 192 };
  return first === 255 ? { start: at + 5, length: numberAt(data, at + 1, 4) } : undefined;
}

function oldLength(data: Uint8Array, at: number, type: number): Sized {
  const octets = [1, 2, 4][type];
  return octets === undefined ? undefined : { start: at + octets, length: numberAt(data, at, octets) };
}

function numberAt(data: Uint8Array, at: number, octets: number): number {
  return data.subarray(at, at + octets).reduce((sum, octet) => sum * 256 + octet, 0);
}
