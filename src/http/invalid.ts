import type { z } from "zod";

/**
 * Which value is wrong first, and why, as all our sentences say it. @param whole what is wrong when no value in it is
 */
export function reasonOf(error: z.ZodError, whole: string): { argument: string; reason: string } {
  const [issue] = error.issues;
  if (issue === undefined) return { argument: whole, reason: "it is not valid" };
  const [argument = whole] = issue.path;
  return { argument: String(argument).slice(0, 80), reason: wordsFor(issue) };
}

function wordsFor(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return TYPES[issue.expected] ?? "it is not valid";
    case "too_small":
      return isLength(issue.origin)
        ? `it is shorter than ${issue.minimum}`
        : `it is less than ${issue.minimum}`;
    case "too_big":
      return isLength(issue.origin)
        ? `it is longer than ${issue.maximum}`
        : `it is more than ${issue.maximum}`;
    case "invalid_value":
      return `it is not one of: ${issue.values.map(String).join(", ")}`;
    case "unrecognized_keys":
      return `it must not have ${issue.keys.map((key) => `'${key.slice(0, 80)}'`).join(", ")}`;
    case "custom":
      return issue.message;
    default:
      return "it is not valid";
  }
}

const TYPES: Readonly<Record<string, string>> = {
  number: "it is not a number",
  int: "it is not a whole number",
  string: "it must be one text",
  object: "it must be an object",
  array: "it must be a list",
  boolean: "it is neither true nor false",
};

function isLength(origin: string): boolean {
  return origin === "string" || origin === "array";
}
