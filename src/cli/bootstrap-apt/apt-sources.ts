import { parseStanzas, type Stanza } from "#deb";
import { MbdError } from "#platform";

/** Fields that an instance may set for this machine's apt; anything else (`Trusted`, `Allow-Insecure`) is left out. */
const ALLOWED: Readonly<Record<string, RegExp>> = {
  Types: /^deb(?: deb-src)?$/,
  URIs: /^https?:\/\/[A-Za-z0-9._~:[\]/%+-]+$/,
  Suites: /^[a-z][a-z0-9-]*(?: [a-z][a-z0-9-]*)*$/,
  Components: /^[a-z0-9-]+(?: [a-z0-9-]+)*$/,
  Architectures: /^[a-z0-9-]+(?: [a-z0-9-]+)*$/,
};

export interface SourcesChoice {
  /** Architectures of this machine; only those are fetched. */
  readonly architectures: readonly string[];
  /** Value of `Signed-By`. */
  readonly signedBy: string;
}

/**
 * The text of a .sources file (sources.list(5)) from that of an instance. It came over the network and root will
 * believe it, so it is made anew from fields that can do no harm, all bound to the key that was looked at.
 */
export function aptSources(instanceText: string, title: string, choice: SourcesChoice): string {
  const stanzas = parseStanzas(instanceText, { what: "the instance's sources", comments: true });
  const entries = stanzas.flatMap((stanza) => entryOf(stanza, choice));
  if (entries.length === 0) {
    const machine = choice.architectures.join(", ");
    throw new MbdError("not_found", { what: `A distribution with packages for this machine (${machine})` });
  }
  return `# ${title}\n\n${entries.join("\n")}`;
}

function entryOf(stanza: Stanza, { architectures, signedBy }: SourcesChoice): string[] {
  const values = Object.entries(ALLOWED).map(([name, form]): [string, string] => {
    const value = stanza.getLine(name);
    if (!form.test(value)) throw refused(`field ${name} is not of the usual form`);
    if (name !== "Architectures") return [name, value];
    return [
      name,
      value
        .split(" ")
        .filter((arch) => architectures.includes(arch))
        .join(" "),
    ];
  });
  if (values.some(([, value]) => value === "")) return [];
  return [
    [...values, ["Signed-By", signedBy]].map(([name, value]) => `${name}:${blank(value)}${value}\n`).join(""),
  ];
}

function blank(value = ""): string {
  return value.startsWith("\n") ? "" : " ";
}

function refused(reason: string): MbdError {
  return new MbdError("bad_request", { reason: `the APT sources of the instance cannot be used: ${reason}` });
}

/** `Signed-By` with the key itself: each line begins with a blank, an empty one is a dot. apt 2.3.10 and later. */
export function inlineKey(binary: Uint8Array): string {
  const base64 =
    Buffer.from(binary)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  const lines = [
    "-----BEGIN PGP PUBLIC KEY BLOCK-----",
    ".",
    ...base64,
    "-----END PGP PUBLIC KEY BLOCK-----",
  ];
  return lines.map((line) => `\n ${line}`).join("");
}
