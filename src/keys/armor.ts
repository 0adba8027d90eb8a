const BEGIN = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
const BLOCK = /-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n([^-]*)-----END PGP PUBLIC KEY BLOCK-----/g;

/**
 * The keys in binary form, from a binary or armoured file (RFC 9580, 6.2; also several blocks one after the other, as
 * people make with `cat`). Says nothing about whether the bytes are keys.
 */
export function toBinaryKeyring(data: Uint8Array): Uint8Array {
  const text = Buffer.from(data).toString("latin1");
  if (!text.includes(BEGIN)) return data;
  const blocks = Array.from(text.matchAll(BLOCK), ([, body = ""]) => decodeBody(body));
  return new Uint8Array(Buffer.concat(blocks));
}

/** Armour headers end with an empty line; the last line may be a checksum, which readers may ignore. */
function decodeBody(body: string): Buffer {
  const lines = body.split("\n").map((line) => line.trim());
  const data = lines.slice(lines.indexOf("") + 1).filter((line) => !line.startsWith("="));
  return Buffer.from(data.join(""), "base64");
}
