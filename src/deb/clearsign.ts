import { formatError } from "./errors.ts";

const BEGIN = "-----BEGIN PGP SIGNED MESSAGE-----";
const SIGNATURE = "-----BEGIN PGP SIGNATURE-----";
const END = "-----END PGP SIGNATURE-----";

/** Whether a text claims to be clear-signed: the marker stands at its very beginning. */
export function isClearsigned(text: string): boolean {
  return text.startsWith(BEGIN);
}

/**
 * The text inside a clear-signed message (RFC 9580, 7), or the text itself if it is not signed. Verifies nothing:
 * only for texts whose bytes are vouched for otherwise (a .dsc by the sum in its .changes), or to look at what an
 * upload lists before its signature is checked. What is trusted comes from `gpgv --output`.
 * @throws FormatError for an incomplete message and for text around it.
 */
export function unwrapClearsigned(text: string, what: string): string {
  if (!isClearsigned(text)) return text;
  const lines = text.split("\n");
  const bare = lines.map((line) => line.replace(/[ \t\r]{1,8}$/, ""));
  const start = bare.indexOf("");
  const signature = bare.indexOf(SIGNATURE);
  const end = bare.indexOf(END);
  if (bare[0] !== BEGIN || start < 0 || signature < start || end < signature) {
    throw formatError({ what }, "the signed message is incomplete");
  }
  if (bare.slice(1, start).some((header) => !/^[A-Za-z]+: /.test(header))) {
    throw formatError({ what }, "the signed message has a header that is none");
  }
  if (bare.slice(end + 1).some((line) => line !== "")) {
    throw formatError({ what, line: end + 2 }, "text follows the signature");
  }
  const payload = lines.slice(start + 1, signature).map((line) => undash(line, what));
  return payload.map((line) => `${line}\n`).join("");
}

function undash(line: string, what: string): string {
  if (line.startsWith("- ")) return line.slice(2);
  if (line.startsWith("-")) throw formatError({ what }, "the signed message holds a line with a bare dash");
  return line;
}
