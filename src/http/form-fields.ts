import type { FastifyRequest } from "fastify";
import { MbdError } from "#platform";
import { readCallRequest } from "./given.ts";

/** What was typed into a form. */
export interface FormFields {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** As typed; empty when absent. */
  text(name: string): string;
  /** Of a name that is there several times. */
  list(name: string): readonly string[];
  /** The row that the address names. */
  id(): number;
}

/** Most that a field may hold; keys are the longest. */
const MAX_TEXT = 200_000;
/** Ids are 32-bit on PostgreSQL. */
const MAX_ID = 2 ** 31 - 1;

export function readFields(request: FastifyRequest): FormFields {
  const { given } = readCallRequest(request.query, request.body);
  const params = textsOf(request.params);
  const list = (name: string): string[] => {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    const all = Array.isArray(value)
      ? value.map(String)
      : [value === undefined || value === null ? "" : String(value)];
    if (all.some((text) => text.length > MAX_TEXT))
      throw new MbdError("bad_argument", { argument: name, reason: "it is too long" });
    return all;
  };
  return {
    params,
    query: textsOf(request.query),
    text: (name) => list(name).at(-1) ?? "",
    list: (name) => list(name).filter((text) => text !== ""),
    id: () => rowOf(params.id ?? ""),
  };
}

/** The number of a row. @throws MbdError not_found of what can be none */
export function rowOf(text: string): number {
  const id = /^[1-9][0-9]{0,9}$/.test(text) ? Number(text) : MAX_ID + 1;
  if (id > MAX_ID) throw new MbdError("not_found", { what: `Number '${text.slice(0, 20)}'` });
  return id;
}

/** Of a repeated name the last value. */
export function textsOf(record: unknown): Record<string, string> {
  const entries = Object.entries((record ?? {}) as Record<string, unknown>);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, String((Array.isArray(value) ? value.at(-1) : value) ?? "")]),
  );
}
