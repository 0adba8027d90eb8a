import { expect } from "vitest";
import { OUTPUTS, type Output, problem } from "#api";
import type { PlainAnswer } from "#testing";
import type { Refusal } from "./api-table.ts";

export const ALL_OUTPUTS = OUTPUTS;

/** What no answer may show: where in the program something was, what was asked of the database, files of the machine. */
const INSIDE = [
  /\bat (?:async )?[\w.<>]+ \(|\bat (?:file:\/\/)?\//,
  /\.(?:[cm]?js|tsx?):\d+/,
  /node_modules|\/dist\/[a-z-]+\.js|mini-buildd\.sqlite/,
  /\b(?:SQLITE_|SqliteError|constraint failed|syntax error at)/,
  /\bselect\b.*\bfrom\b|\binsert into\b|\bupdate\b.*\bset\b|\bdelete from\b/i,
  /\b(?:TypeError|RangeError|ReferenceError|ZodError|Cannot read propert)/,
  /\[object Object\]|\bundefined\b|\bNaN\b/,
];

/** Whether an answer is this refusal: the right status and code, said in one sentence, in the form that was asked for. */
export function expectRefusal(answer: PlainAnswer, refusal: Refusal, output: Output, about: string): void {
  const said = `${about}: ${answer.text.slice(0, 600)}`;
  expect(answer.status, said).toBe(refusal.status);
  if (output === "html") {
    expect(answer.headers["content-type"], said).toBe("text/html; charset=utf-8");
    const alert = /<(p|div)\b[^>]*\brole="alert"[^>]*>(.*?)<\/\1>/s.exec(answer.text)?.[2] ?? "";
    // Behind the sentence is the hint, in a paragraph of its own or after it.
    const [first = ""] = textOf(/<strong>(.*?)<\/strong>/s.exec(alert)?.[1] ?? alert).split(
      /(?<=\.) (?=\p{Lu})/u,
    );
    expectSentence(first, said);
    return;
  }
  expect(answer.headers["content-type"], said).toContain("application/problem+json");
  const told = problem.parse(answer.json());
  expect([told.status, told.code], said).toEqual([refusal.status, refusal.code]);
  expect(told.request, said).toBe(answer.headers["x-request-id"]);
  expectSentence(told.detail, said);
  for (const line of [told.hint ?? "Nothing.", ...(told.plan ?? [])]) expectNothingInside(line, said);
}

function textOf(html: string): string {
  return html
    .replace(/<[^>]*>/g, "")
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&")
    .trim();
}

/** One sentence, in words for people. */
export function expectSentence(sentence: string, about: string): void {
  expect(sentence, about).toMatch(/^[^\n\r\u2028]+\.$/);
  // What somebody gave is quoted, and may hold anything.
  expect(sentence.replace(/'[^']*'/g, "''"), about).not.toMatch(/[.!?] \p{Lu}/u);
  expect(sentence.length, about).toBeLessThan(1000);
  expectNothingInside(sentence, about);
}

export function expectNothingInside(text: string, about: string): void {
  for (const pattern of INSIDE) expect(text, about).not.toMatch(pattern);
}
