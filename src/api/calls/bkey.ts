import { badArgument, quoted } from "#platform";
import { type Argument, str } from "../arguments/index.ts";

const BKEY = /^[^/]+\/[^/]+\/[^/]+\/source( [a-z0-9-]+)?$/;

/** A build key, `<source>/<version>/<timecode>/source[ <arch>]`. */
export function bkeyArgument(doc: string): Argument<string, readonly ["bkey"]> {
  const base = str(["bkey"], { doc, example: "hello/2.10-3~test12+1/20240102T030000Z/source" });
  return {
    ...base,
    read(given) {
      const value = base.read(given);
      if (value === undefined || BKEY.test(value)) return value;
      throw badArgument(
        base.identity,
        `${quoted(value)} is not of the form <source>/<version>/<timecode>/source[ <arch>]`,
      );
    },
  };
}
