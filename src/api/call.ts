import type { z } from "zod";
import type { Level, Principal } from "#accounts";
import type { Arguments, ValuesOf } from "./arguments/index.ts";

export type Category = "Consumer" | "Developer" | "Administrator";

/** One function of the API: words and schemas only, no code of the server. */
export interface CallDefinition<
  N extends string = string,
  A extends Arguments = Arguments,
  R extends z.ZodType = z.ZodType,
> {
  readonly name: N;
  /** First line: title. The rest: explanation. */
  readonly doc: string;
  readonly category: Category;
  readonly level: Level;
  /** Changes something, so it is never done by GET; true for all that must be confirmed. */
  readonly changes: boolean;
  /** Must be confirmed. */
  readonly confirm: boolean;
  /** Needs the running engine. */
  readonly needsRunning: boolean;
  /** Stops the engine first in the original; here it interrupts nothing that can go on. */
  readonly maintenance: boolean;
  /** Takes the server long, though anybody may ask: those who are not signed in may do so now and then only. */
  readonly costly: boolean;
  readonly arguments: A;
  readonly result: R;
}

/** Who runs a call and what exactly was given (text form, by identity; what counts as nothing is left out). */
export interface CallContext {
  readonly principal: Principal;
  /** Address of the client, for records. */
  readonly client: string;
  readonly given: Readonly<Record<string, string>>;
}

type ArgumentsOf<D> = D extends CallDefinition<string, infer A, z.ZodType> ? A : never;
export type ValuesOfCall<D extends CallDefinition> = ValuesOf<ArgumentsOf<D>>;
export type ResultOfCall<D extends CallDefinition> =
  D extends CallDefinition<string, Arguments, infer R> ? z.output<R> : never;

/** What a call does. Bound to its services in main.ts. */
export interface Handler<D extends CallDefinition = CallDefinition> {
  /** False while the subject of the call is still to be built: it refuses whatever it is asked. */
  readonly available?: boolean;
  /** What `run` would do, one sentence each; changes nothing. Without it the confirmation shows the call itself. */
  plan?(values: ValuesOfCall<D>, context: CallContext): Promise<readonly string[]>;
  run(values: ValuesOfCall<D>, context: CallContext): Promise<ResultOfCall<D>>;
}

/** Whether a program asks by POST: what changes something, and texts that may be longer than an address can be. */
export function goesByPost(call: CallDefinition): boolean {
  return call.changes || Object.values(call.arguments).some(({ kind }) => kind === "multiline");
}

const CATEGORY_OF: Record<Level, Category> = {
  NONE: "Consumer",
  LOGIN: "Consumer",
  STAFF: "Developer",
  ADMIN: "Administrator",
};

type Flags = Partial<
  Pick<
    CallDefinition,
    "category" | "level" | "changes" | "confirm" | "needsRunning" | "maintenance" | "costly"
  >
>;

/** Completes a definition: level NONE and no flags unless told, category by level. */
export function defineCall<const N extends string, A extends Arguments, R extends z.ZodType>(
  call: { readonly name: N; readonly doc: string; readonly arguments: A; readonly result: R } & Flags,
): CallDefinition<N, A, R> {
  const level = call.level ?? "NONE";
  return {
    category: CATEGORY_OF[level],
    changes: call.confirm ?? false,
    confirm: false,
    needsRunning: false,
    maintenance: false,
    costly: false,
    ...call,
    level,
  };
}
