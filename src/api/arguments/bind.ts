import { MbdError } from "#platform";
import type { Known } from "../known.ts";
import { type AnyArgument, type Argument, type Given, SERVER_DEFAULT } from "./argument.ts";

/** Arguments of a call by identity; positional ones in the order they are given on a command line. */
export type Arguments = Readonly<Record<string, AnyArgument>>;

/** What a handler gets: one typed value for each argument, never null. */
export type ValuesOf<A extends Arguments> = {
  readonly [K in keyof A]: A[K] extends Argument<infer V> ? V : never;
};

/** Arguments as they arrive. */
export type GivenArguments = Readonly<Record<string, Given>>;

/** An argument together with what was given for it. */
export interface BoundArgument {
  readonly argument: AnyArgument;
  /** Typed value of what was given; undefined when that counts as nothing. */
  readonly given: unknown;
  /** Text form of what was given. */
  readonly strgiven: string | undefined;
}

/** Reads the form of all arguments, without the instance's names. Ids may be written with `-` or `_`. */
export function readArguments(
  call: string,
  args: Arguments,
  given: GivenArguments,
): readonly BoundArgument[] {
  const byName = new Map<string, Given>();
  for (const [name, value] of Object.entries(given)) {
    const identity = name.replaceAll("-", "_");
    if (!Object.hasOwn(args, identity)) {
      const known = Object.keys(args).join(", ") || "(none)";
      throw new MbdError("unknown_argument", { call, argument: name.slice(0, 80), known });
    }
    byName.set(identity, value);
  }
  return Object.values(args).map((argument) => {
    const value = atArgument(argument, () => argument.read(wanted(argument, byName.get(argument.identity))));
    if (value === undefined && argument.required)
      throw new MbdError("missing_argument", { call, argument: argument.identity });
    return { argument, given: value, strgiven: value === undefined ? undefined : argument.show(value) };
  });
}

/** The value of each argument: what was given, checked with the instance's names, else the default. */
export async function resolveArguments(
  bound: readonly BoundArgument[],
  known: Known,
): Promise<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  for (const { argument, given } of bound) {
    if (given !== undefined) values[argument.identity] = await resolveGiven(argument, given, known);
    else values[argument.identity] = await defaultOf(argument, known);
  }
  return values;
}

/** Clients that do not know a default of the server name it so; it is the same as giving nothing. */
function wanted(argument: AnyArgument, given: Given): Given {
  return given === SERVER_DEFAULT && "server" in argument.fallback ? undefined : given;
}

async function resolveGiven(argument: AnyArgument, given: unknown, known: Known): Promise<unknown> {
  try {
    return (await argument.resolve?.(given, known)) ?? given;
  } catch (error) {
    throw withArgument(argument, error);
  }
}

function atArgument<T>(argument: AnyArgument, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw withArgument(argument, error);
  }
}

/** Whatever is wrong with a value, the error says of which argument, so a form can show it there. */
function withArgument(argument: AnyArgument, error: unknown): unknown {
  if (!(error instanceof MbdError) || error.params.argument !== undefined) return error;
  const params = { ...error.params, argument: argument.identity };
  return new MbdError(error.code, params, { cause: error });
}

/** Default value; computed on the server where the argument says so. */
export async function defaultOf(argument: AnyArgument, known: Known): Promise<unknown> {
  return "server" in argument.fallback ? await argument.fallback.server(known) : argument.fallback.value;
}
