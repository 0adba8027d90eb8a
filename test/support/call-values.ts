import * as fc from "fast-check";
import type { AnyArgument, CallDefinition, Given } from "#api";

const BKEY = "hello/2.10-3~test12+1/20240102T030000Z/source";

/** Texts as people give them; which of them it takes, each argument says itself. */
const TEXTS = [
  ...[
    "hello",
    "g++-12",
    "libacme-dev",
    "test",
    "acme",
    "bookworm",
    "unstable",
    "deb",
    "deb-src",
    "mbd-test-cpp",
  ],
  ...["bookworm-test-unstable", "trixie-acme-stable-rollback0", "*-unstable", "bookworm-(test|acme)-stable"],
  ...["2.10-3~test12+1", "1:2.0-1", BKEY, `${BKEY} amd64`, "20240102T030405Z", "A".repeat(40)],
  ...["https://deb.example.org/x_1.dsc?a=b&c='d'", "http://deb.example.org/debian"],
  ...["lintian-mode=IGNORE", "add-depends=a | b (>= 1)", "a[amd64]=1", "check-valid-until=no"],
  ...["bookworm:amd64", "bookworm:amd64+arm64", "debian:bookworm", "test/default", "test/test"],
  ...[
    "-x",
    "--",
    "-",
    "@file",
    "'quo\"te'",
    "a  b",
    "$HOME `x` \\ !",
    " before",
    "ü 漢字 🎉",
    "a&b=c<d>%41+",
  ],
] as const;

/** Of lines, too. */
const LONG = [
  "-----BEGIN PGP MESSAGE-----\n\nabc=\n-----END PGP MESSAGE-----\n",
  "\n first",
  "@a\nb",
  "- ",
] as const;

/** Values that an argument takes, typed as its handler gets them. */
export function argumentValues(argument: AnyArgument): fc.Arbitrary<unknown> {
  if (argument.kind === "bool") return fc.constant(true);
  if (argument.kind === "int") {
    const [min = 0, max = 0] = argument.range ?? [];
    return fc.integer({ min: Math.max(min, -999), max: Math.min(max, 99_999) });
  }
  if (argument.kind === "choice") return fc.constantFrom(...(argument.choices as readonly string[]));
  const texts = textsFor(argument);
  const given: fc.Arbitrary<Given> =
    argument.kind === "list" ? fc.array(texts, { minLength: 1, maxLength: 4 }) : texts;
  return given.map((value) => argument.read(value));
}

function textsFor(argument: AnyArgument): fc.Arbitrary<string> {
  const takes = (text: string): boolean => {
    try {
      return argument.read(text) !== undefined;
    } catch {
      return false;
    }
  };
  const known = [...TEXTS, ...(argument.kind === "multiline" ? LONG : [])].filter(takes);
  if (known.length === 0) throw new Error(`there is no text for the argument '${argument.identity}'`);
  const some = fc.constantFrom(...known);
  // Where anything goes, anything is tried; a strict form would refuse nearly all of it.
  const free = takes("'a' $b \\ ü");
  return free ? fc.oneof(some, fc.string({ unit: "grapheme", maxLength: 40 }).filter(takes)) : some;
}

/** What somebody may give for a call: all that is required, and any of the rest. */
export function callValues(call: CallDefinition): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  const args = Object.values(call.arguments);
  const values = args.map((argument) => [argument.identity, argumentValues(argument)] as const);
  const requiredKeys = args.filter(({ required }) => required).map(({ identity }) => identity);
  return fc.record(Object.fromEntries(values), { requiredKeys });
}

/** The text form of values, by identity. */
export function textsOfValues(call: CallDefinition, values: Readonly<Record<string, unknown>>) {
  return Object.fromEntries(
    Object.values(call.arguments).flatMap((argument) =>
      values[argument.identity] === undefined
        ? []
        : [[argument.identity, argument.show(values[argument.identity])] as const],
    ),
  );
}

/** The values that a call reads of what was given. */
export function readValues(
  call: CallDefinition,
  given: Readonly<Record<string, Given>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.values(call.arguments)
      .map((argument) => [argument.identity, argument.read(given[argument.identity])] as const)
      .filter(([, value]) => value !== undefined),
  );
}
