import { type Principal, requireLevel } from "#accounts";
import { errorText, MbdError } from "#platform";
import {
  type BoundArgument,
  type GivenArguments,
  readArguments,
  resolveArguments,
} from "./arguments/index.ts";
import type { CallContext, CallDefinition, Handler } from "./call.ts";
import type { Known } from "./known.ts";
import { recordedGiven } from "./recorded.ts";
import { findCall, type Handlers, isCallName } from "./registry.ts";

/** A record of who did what; written for every call that changes something, whatever came of it. */
export interface AuditEntry {
  readonly call: string;
  readonly principal: Principal;
  readonly client: string;
  /** Without the values of secrets. */
  readonly given: Readonly<Record<string, string>>;
  readonly outcome: "done" | "failed";
  readonly error?: string;
}

export interface InvokeOptions {
  readonly principal: Principal;
  /** Address of the client, for records. */
  readonly client: string;
  /** Name of the call again, for those that must be confirmed. */
  readonly confirm?: string | undefined;
}

export type Invocation =
  | { readonly state: "done"; readonly definition: CallDefinition; readonly result: unknown }
  /** Nothing was done: the call changes something and was not confirmed. */
  | {
      readonly state: "unconfirmed";
      readonly definition: CallDefinition;
      readonly given: Readonly<Record<string, string>>;
      readonly plan: readonly string[];
    };

export interface InvokerDeps {
  readonly handlers: Handlers;
  readonly known: Known;
  /** Asked before a costly call of somebody who is not signed in. @throws MbdError too_many */
  admit?(client: string): void;
  /** Whether the engine runs. */
  running(): boolean;
  /** Writes the record; the call answers when it is written. */
  audit(entry: AuditEntry): void | Promise<void>;
}

export interface Invoker {
  readonly known: Known;
  /** Whether a call can do anything here yet. */
  available(definition: CallDefinition): boolean;
  /**
   * Reads the arguments, checks the level, asks for confirmation, runs. Rejects with an MbdError for anything that is
   * wrong with the request; other errors are faults of the program.
   */
  invoke(name: string, given: GivenArguments, options: InvokeOptions): Promise<Invocation>;
}

export function createInvoker(deps: InvokerDeps): Invoker {
  return {
    known: deps.known,
    available: (definition) => handlerOf(deps.handlers, definition).available ?? true,
    async invoke(name, given, options) {
      const definition = callNamed(name);
      const bound = readArguments(definition.name, definition.arguments, given);
      requireLevel(options.principal, definition.level, `Call '${definition.name}'`);
      const values = await resolveArguments(bound, deps.known);
      const handler = handlerOf(deps.handlers, definition);
      const context = { principal: options.principal, client: options.client, given: givenTexts(bound) };
      if (definition.confirm && options.confirm !== definition.name) {
        const plan = (await handler.plan?.(values, context)) ?? [];
        return { state: "unconfirmed", definition, given: context.given, plan };
      }
      if (definition.needsRunning && !deps.running()) throw new MbdError("engine_stopped");
      if (definition.costly && options.principal.kind === "nobody") deps.admit?.(options.client);
      const result = await runRecorded(deps, definition, context, () => handler.run(values, context));
      return { state: "done", definition, result: definition.result.parse(result) };
    },
  };
}

/** Definition of a call, or `unknown_call`. */
export function callNamed(name: string): CallDefinition {
  const definition = findCall(name);
  if (definition === undefined) throw new MbdError("unknown_call", { call: name.slice(0, 80) });
  return definition;
}

function handlerOf(handlers: Handlers, definition: CallDefinition): Handler {
  if (!isCallName(definition.name)) throw new MbdError("unknown_call", { call: definition.name });
  // Values were read by the definition that the handler is typed with; the table cannot tell the compiler so.
  return handlers[definition.name] as unknown as Handler;
}

function givenTexts(bound: readonly BoundArgument[]): Record<string, string> {
  return Object.fromEntries(
    bound.flatMap(({ argument, strgiven }) =>
      strgiven === undefined ? [] : [[argument.identity, strgiven] as const],
    ),
  );
}

async function runRecorded<T>(
  deps: InvokerDeps,
  definition: CallDefinition,
  context: CallContext,
  run: () => Promise<T>,
): Promise<T> {
  if (!definition.changes) return await run();
  const entry = { call: definition.name, ...context, given: recordedGiven(definition, context.given) };
  const result = await run().catch(async (error: unknown) => {
    await deps.audit({ ...entry, outcome: "failed", error: errorText(error) });
    throw error;
  });
  await deps.audit({ ...entry, outcome: "done" });
  return result;
}

/** The plain form of a result: text as it is, everything else as indented JSON; ends with a newline. */
export function plainResult(result: unknown): string {
  const text = typeof result === "string" ? result : JSON.stringify(result, null, 2);
  return text.endsWith("\n") ? text : `${text}\n`;
}
