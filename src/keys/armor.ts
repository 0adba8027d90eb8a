const BEGIN = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
const END = "-----END PGP PUBLIC KEY BLOCK-----";
const LINE_CHARACTERS = 64;

/**
 * The keys in binary form, from a binary or armoured file (RFC 9580, 6.2; also several blocks one after the other, as
 * people make with `cat`). Says nothing about whether the bytes are keys.
 */
export function toBinaryKeyring(data: Uint8Array): Uint8Array {
  const text = Buffer.from(data).toString("latin1");
  if (!text.includes(BEGIN)) return data;
  const blocks = text.split(BEGIN).slice(1);
  const whole = blocks.filter((block) => block.includes(END));
  return new Uint8Array(Buffer.concat(whole.map((block) => decodeBody(block.slice(0, block.indexOf(END))))));
}

/**
 * What is between the two lines, beginning with the rest of the first one. Armour headers end with an empty line and may
 * hold anything; the last line may be a checksum, which readers may ignore.
 */
function decodeBody(body: string): Buffer {
  const [, ...lines] = body.split("\n").map((line) => line.trim());
  const data = lines.slice(lines.indexOf("") + 1).filter((line) => !line.startsWith("="));
  return Buffer.from(data.join(""), "base64");
}

/** The armoured form of keys in binary form, as one block with a checksum (RFC 9580, 6). */
export function armorKeyring(keyring: Uint8Array): string {
  const body = Buffer.from(keyring).toString("base64");
  const lines = body.match(new RegExp(`.{1,${LINE_CHARACTERS}}`, "g")) ?? [];
  return [BEGIN, "", ...lines, `=${checksum(keyring)}`, END, ""].join("\n");
}

/** CRC-24 (RFC 9580, 6.1.1), in base64. */
function checksum(data: Uint8Array): string {
  let crc = 0xb704ce;
  for (const byte of data) {
    crc ^= byte << 16;
    for (let bit = 0; bit < 8; bit += 1) {
      crc <<= 1;
      if ((crc & 0x1000000) !== 0) crc ^= 0x1864cfb;
    }
  }
  return Buffer.from([crc >> 16, crc >> 8, crc].map((byte) => byte & 0xff)).toString("base64");
}
