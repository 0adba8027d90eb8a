import { InvalidArgumentError } from "commander";
import { isNetwork, MbdError } from "#platform";

/** Values of `serve` that come from options or from the environment. */

const URL_RULE =
  "It is an http or https address without path, user and query, like https://mini-buildd.example.org.";

/** The public address, without a slash at its end. Pages know no path before their own. */
export function publicUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const bare = url !== undefined && url.username === "" && url.password === "" && !/[?#]/.test(text);
  if (url === undefined || !bare || url.pathname !== "/" || !/^https?:\/\/[^/]/i.test(text))
    throw new InvalidArgumentError(URL_RULE);
  return url.origin;
}

/** `--trusted-proxy`, which may be given several times. */
export function addNetworks(text: string, before: readonly string[] = []): readonly string[] {
  if (isNetwork(text)) return [...before, text];
  throw new InvalidArgumentError("It is an address, or a network like 10.0.0.0/8.");
}

/** @throws MbdError bad_configuration */
export function urlOf(variable: string | undefined): string | undefined {
  return fromEnvironment("MINI_BUILDD_URL", variable, publicUrl);
}

/** Separated by blanks or commas. @throws MbdError bad_configuration */
export function networksOf(variable: string | undefined): readonly string[] | undefined {
  return fromEnvironment("MINI_BUILDD_TRUSTED_PROXY", variable, (text) =>
    text
      .split(/[\s,]+/)
      .filter((word) => word !== "")
      .reduce<readonly string[]>((before, word) => addNetworks(word, before), []),
  );
}

/** Set to nothing is not set. */
function fromEnvironment<T>(
  name: string,
  value: string | undefined,
  read: (text: string) => T,
): T | undefined {
  if (value === undefined || value.trim() === "") return undefined;
  try {
    return read(value.trim());
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    const rule = error.message.charAt(0).toLowerCase() + error.message.slice(1).replace(/\.$/, "");
    throw new MbdError("bad_configuration", {
      reason: `$${name} is '${value.slice(0, 200)}'; ${rule}`,
    });
  }
}
