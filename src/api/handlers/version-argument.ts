import { checkVersionSyntax } from "#deb";
import { MbdError } from "#platform";

/** A version that was given, or nothing. @throws MbdError bad_argument */
export function versionGiven(argument: string, version: string): string | undefined {
  if (version === "") return undefined;
  const problem = checkVersionSyntax(version);
  if (problem !== undefined) throw new MbdError("bad_argument", { argument, reason: problem });
  return version;
}
