import { isCodename, isRepositoryIdentity, isSourcePackage, isSuiteName } from "#deb";
import { badArgument, MbdError, quoted } from "#platform";
import type { Known, KnownKey } from "../known.ts";
import type { Argument, ArgumentOptions, Ids } from "./argument.ts";
import { list, str } from "./basic.ts";
import { expandPatterns } from "./patterns.ts";

/** A list whose default is all that the instance has. */
interface NamesOptions {
  readonly doc: string;
  readonly default?: readonly string[];
  /** Nothing given means everything known (the default), or the given default. */
  readonly allByDefault?: boolean;
}

/** What names look like, for those who see the form for the first time. */
const EXAMPLES: Partial<Record<KnownKey, string>> = {
  repositories: "test",
  codenames: "bookworm",
  suites: "unstable",
};
const DISTRIBUTION_EXAMPLE = "bookworm-test-unstable";

function namesList<const I extends Ids>(
  ids: I,
  options: NamesOptions,
  key: KnownKey,
  check: (item: string) => string | undefined,
): Argument<readonly string[], I> {
  const base = list(ids, { ...options, choices: key, check, example: EXAMPLES[key] });
  return options.allByDefault === false
    ? base
    : { ...base, fallback: { server: (known) => known.names(key) } };
}

async function checkRepository(name: string, known: Known): Promise<void> {
  const names = await known.names("repositories");
  if (!names.includes(name))
    throw new MbdError("unknown_repository", { repository: name, known: names.join(", ") || "(none)" });
}

/** Identity of a repository of this instance. */
export function repository<const I extends Ids>(
  ids: I,
  options: ArgumentOptions<string>,
): Argument<string, I> {
  const base = str(ids, { choices: "repositories", example: "test", ...options });
  return {
    ...base,
    read(given) {
      const value = base.read(given);
      if (value === undefined || isRepositoryIdentity(value)) return value;
      throw badArgument(base.identity, `${quoted(value)} is not the name of a repository`);
    },
    async resolve(value, known) {
      if (value !== "") await checkRepository(value, known);
      return value;
    },
  };
}

/** Repositories of this instance; all unless some are named. */
export function repositories<const I extends Ids>(
  ids: I,
  options: NamesOptions,
): Argument<readonly string[], I> {
  const check = (item: string) =>
    isRepositoryIdentity(item) ? undefined : `${quoted(item)} is not the name of a repository`;
  return {
    ...namesList(ids, options, "repositories", check),
    async resolve(value, known) {
      for (const item of value) await checkRepository(item, known);
      return value;
    },
  };
}

/** A list of names that are there, or the argument says which there are. */
function knownList<const I extends Ids>(
  ids: I,
  options: NamesOptions,
  key: KnownKey,
  check: (item: string) => string | undefined,
): Argument<readonly string[], I> {
  const base = namesList(ids, options, key, check);
  return {
    ...base,
    async resolve(value, known) {
      const names = await known.names(key);
      for (const item of value) {
        if (!names.includes(item))
          throw badArgument(base.identity, `${quoted(item)} is not one of: ${names.join(", ") || "(none)"}`);
      }
      return value;
    },
  };
}

/** Codenames of base distributions in use here; all unless some are named. */
export function codenames<const I extends Ids>(
  ids: I,
  options: NamesOptions,
): Argument<readonly string[], I> {
  const check = (item: string) => (isCodename(item) ? undefined : `${quoted(item)} is not a codename`);
  return knownList(ids, options, "codenames", check);
}

/** Suites of the layouts in use here; all unless some are named. */
export function suites<const I extends Ids>(ids: I, options: NamesOptions): Argument<readonly string[], I> {
  const check = (item: string) => (isSuiteName(item) ? undefined : `${quoted(item)} is not a suite`);
  return knownList(ids, options, "suites", check);
}

/** A distribution string or meta distribution has these characters only; what it stands for is resolved later. */
const DISTRIBUTION = /^[a-z][a-z0-9-]{0,127}$/;

export function distribution<const I extends Ids>(
  ids: I,
  options: ArgumentOptions<string>,
): Argument<string, I> {
  const base = str(ids, { choices: "distributions", example: DISTRIBUTION_EXAMPLE, ...options });
  return {
    ...base,
    read(given) {
      const value = base.read(given);
      if (value === undefined || DISTRIBUTION.test(value)) return value;
      throw new MbdError("bad_distribution", { distribution: quoted(value).slice(1, -1) });
    },
  };
}

/** Distributions by name, glob or regular expression; patterns are expanded against the known ones. */
export function distributions<const I extends Ids>(
  ids: I,
  options: { readonly doc: string; readonly default?: readonly string[]; readonly choices?: KnownKey },
): Argument<readonly string[], I> {
  const key = options.choices ?? "distributions";
  const base = list(ids, {
    ...options,
    choices: key,
    header: "DISTRIBUTIONS",
    example: DISTRIBUTION_EXAMPLE,
  });
  return {
    ...base,
    async resolve(value, known) {
      const names = await known.names(key);
      return expandPatterns(base.identity, value, names);
    },
  };
}

/** Name of a source package. */
export function source<const I extends Ids>(ids: I, options: ArgumentOptions<string>): Argument<string, I> {
  const base = str(ids, { choices: "sources", example: "hello", ...options });
  return {
    ...base,
    read(given) {
      const value = base.read(given);
      if (value === undefined || isSourcePackage(value)) return value;
      throw badArgument(base.identity, `${quoted(value)} is not the name of a source package`);
    },
  };
}
