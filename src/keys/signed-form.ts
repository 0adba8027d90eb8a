const BEGIN = "-----BEGIN PGP SIGNED MESSAGE-----";
const END = "-----END PGP SIGNATURE-----";

/** How a text presents itself: one clear-signed message and nothing else, nothing signed at all, or neither. */
export type SignedForm =
  | { readonly form: "clearsigned" }
  | { readonly form: "unsigned" }
  | { readonly form: "wrong"; readonly reason: string };

/**
 * gpgv ignores text before and behind the message and takes binary messages too; a person who looks at the file
 * would take all of it for signed. So the only accepted form is: begin mark at byte 0, one end mark, white space.
 */
export function signedForm(text: string): SignedForm {
  if (!/(?:^|\n)-----BEGIN PGP /.test(text)) return { form: "unsigned" };
  if (!/^-----BEGIN PGP SIGNED MESSAGE-----[ \t]{0,8}\r?\n/.test(text)) {
    return wrong(`it does not begin with '${BEGIN}'`);
  }
  const end = text.indexOf(`\n${END}`);
  if (end < 0) return wrong("it has no end of a signature");
  if (text.slice(end + 1 + END.length).trim() !== "") return wrong("text follows the signature");
  return { form: "clearsigned" };
}

/**
 * The signed text as the signature covers it: white space at line ends is not signed (RFC 9580, 7.2), so it is
 * removed (gpgv leaves carriage returns), and two files that differ only there have the same payload.
 */
export function signedText(payload: string): string {
  return payload.split("\n").map(trimLineEnd).join("\n");
}

/** The text of UTF-8 bytes (Policy 5.1), or undefined. */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function wrong(reason: string): SignedForm {
  return { form: "wrong", reason };
}

/** A loop, as a regular expression takes quadratic time. */
function trimLineEnd(line: string): string {
  let end = line.length;
  while (end > 0 && " \t\r".includes(line.charAt(end - 1))) end -= 1;
  return line.slice(0, end);
}
