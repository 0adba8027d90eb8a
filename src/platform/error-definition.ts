/** Whose turn it is after an error. */
export type ErrorClass = "request" | "package" | "builder" | "later" | "internal";

export interface ErrorDefinition {
  /** HTTP status of an answer with this error. */
  readonly status: number;
  readonly kind: ErrorClass;
  /** One sentence; `{name}` is replaced by the parameter of that name. */
  readonly message: string;
  /** What to do next. */
  readonly hint?: string;
}

/** A part of the catalogue, with its codes as types. */
export const defineErrors = <T extends Record<string, ErrorDefinition>>(
  table: T,
): { readonly [K in keyof T]: ErrorDefinition } => table;
