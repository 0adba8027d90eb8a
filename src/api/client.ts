import { MbdError } from "#platform";
import type { Argument, Arguments, GivenArguments, Ids, ValuesOf } from "./arguments/index.ts";
import { type CallDefinition, goesByPost, type ResultOfCall } from "./call.ts";
import { CALLS, type CallName } from "./registry.ts";

/** What a client needs to reach an instance. Anything but a good answer rejects. */
export interface CallTransport {
  readonly endpoint: { readonly name: string };
  text(request: {
    readonly method: "GET" | "POST";
    /** With query, encoded. */
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly signal?: AbortSignal;
  }): Promise<string>;
}

type IsPositional<I extends Ids> = I extends readonly [infer First extends string, ...Ids]
  ? string extends First
    ? false
    : First extends `-${string}`
      ? false
      : true
  : false;

type PositionalNames<A extends Arguments> = {
  [K in keyof A]: A[K] extends Argument<unknown, infer I>
    ? IsPositional<I> extends true
      ? K
      : never
    : never;
}[keyof A];

/** One object type, as people read it in messages of the compiler. */
type Flat<T> = { readonly [K in keyof T]: T[K] };

type GivenOf<A extends Arguments> = Flat<
  Pick<ValuesOf<A>, PositionalNames<A>> & {
    readonly [K in Exclude<keyof A, PositionalNames<A>>]?: ValuesOf<A>[K] | undefined;
  }
>;

/** What a call takes: its positional arguments, and any of its options. */
export type GivenOfCall<N extends CallName> = GivenOf<(typeof CALLS)[N]["arguments"]>;

export interface AskOptions {
  /** Without it a call that must be confirmed is refused with its plan, and changes nothing. */
  readonly confirm?: boolean;
  readonly signal?: AbortSignal;
}

/** Asks an instance, by the registry's own types. */
export interface ApiClient {
  /** The result as the call's schema has it; what a newer instance says besides is left out. */
  call<N extends CallName>(
    name: N,
    given: GivenOfCall<N>,
    options?: AskOptions,
  ): Promise<ResultOfCall<(typeof CALLS)[N]>>;
  /** Any call, with its arguments in text form; the result as the instance sent it, checked by the call's schema. */
  ask(call: CallDefinition, given: GivenArguments, options?: AskOptions): Promise<unknown>;
}

export function createApiClient(transport: CallTransport): ApiClient {
  return {
    async call(name, given, options) {
      const definition = CALLS[name];
      const answer = await request(transport, definition, given as GivenArguments, options);
      // The schema belongs to the call of this name; the table cannot tell the compiler so.
      return checked(transport, definition, answer) as ResultOfCall<(typeof CALLS)[typeof name]>;
    },
    async ask(call, given, options) {
      const answer = await request(transport, call, given, options);
      checked(transport, call, answer);
      return answer;
    },
  };
}

async function request(
  transport: CallTransport,
  call: CallDefinition,
  given: GivenArguments,
  { confirm = false, signal }: AskOptions = {},
): Promise<unknown> {
  const more = signal === undefined ? {} : { signal };
  if (!goesByPost(call)) {
    const query = new URLSearchParams([...queryOf(given), ["output", "json"]]);
    return parsed(
      transport,
      await transport.text({ method: "GET", path: `/api/${call.name}?${query}`, ...more }),
    );
  }
  const body = JSON.stringify(confirm && call.confirm ? { ...given, confirm: call.name } : given);
  const headers = { "content-type": "application/json", accept: "application/json" };
  const path = `/api/${call.name}?output=json`;
  return parsed(transport, await transport.text({ method: "POST", path, headers, body, ...more }));
}

function queryOf(given: GivenArguments): [string, string][] {
  return Object.entries(given).flatMap(([name, value]): [string, string][] => {
    if (value === undefined || value === null || value === false) return [];
    if (Array.isArray(value)) return value.map((item: string): [string, string] => [name, item]);
    return [[name, value === true ? "True" : String(value)]];
  });
}

function parsed({ endpoint }: CallTransport, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MbdError(
      "unreachable",
      { endpoint: endpoint.name, reason: "it does not answer as mini-buildd does" },
      { cause: error },
    );
  }
}

function checked({ endpoint }: CallTransport, call: CallDefinition, answer: unknown): unknown {
  const result = call.result.safeParse(answer);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = [call.name, ...(issue?.path ?? [])].join(".");
  const reason = `it answers in a way that this program does not know (${place}: ${issue?.message})`;
  throw new MbdError("unreachable", { endpoint: endpoint.name, reason }, { cause: result.error });
}
