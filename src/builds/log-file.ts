import { createReadStream } from "node:fs";

const MAX_LINE = 64 * 1024;

/**
 * Hands the lines of a log file over, from a byte offset on. Text of any encoding; lines longer than 64 KiB are cut.
 */
export async function forEachLine(
  path: string,
  push: (line: string) => void,
  { from = 0, to }: { readonly from?: number; readonly to?: number | undefined } = {},
): Promise<void> {
  const decoder = new TextDecoder("utf-8");
  let rest = "";
  if (to !== undefined && to <= from) return;
  const stream = createReadStream(path, { start: from, ...(to === undefined ? {} : { end: to - 1 }) });
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = (parts.pop() ?? "").slice(0, MAX_LINE);
    for (const part of parts) push(part.slice(0, MAX_LINE));
  }
  if (rest !== "") push(rest);
}
