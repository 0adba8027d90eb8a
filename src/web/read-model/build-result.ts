import { jsonOf, listOf, numberOf, recordOf, textOf } from "./parse.ts";

/** What a page shows of a build's result (builds.md 1). */
export interface ResultView {
  readonly exitCode?: number | undefined;
  readonly failStage?: string | undefined;
  readonly status?: string | undefined;
  readonly chrootStamp?: string | undefined;
  /** With their versions. */
  readonly blocks: readonly string[];
  readonly peakMemoryBytes?: number | undefined;
  readonly qa: readonly QaView[];
  readonly times: readonly (readonly [string, number])[];
  readonly files: readonly FileView[];
  /** Build dependencies that could not be installed. */
  readonly missing: readonly string[];
  readonly errorLines: readonly LineView[];
}

export interface LineView {
  readonly line: number;
  readonly text: string;
}

export interface QaView {
  readonly tool: string;
  readonly result: string;
  readonly mode?: string | undefined;
  readonly counts: string;
  readonly lines: readonly LineView[];
}

export interface FileView {
  readonly name: string;
  readonly sizeBytes?: number | undefined;
  readonly sha256?: string | undefined;
}

/** Reads the stored JSON; names in either case style, as results of other instances may be older or newer. */
export function resultView(json: string | null): ResultView | undefined {
  const raw = jsonOf(json);
  if (raw === undefined) return undefined;
  const result = recordOf(raw);
  const pick = (camel: string) =>
    result[camel] ?? result[camel.replaceAll(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)];
  return {
    exitCode: numberOf(pick("exitCode")),
    failStage: textOf(pick("failStage")),
    status: textOf(pick("sbuildStatus")) ?? textOf(pick("status")),
    chrootStamp: textOf(pick("chrootStamp")),
    blocks: listOf(pick("blocks")).filter((name) => typeof name === "string"),
    peakMemoryBytes: numberOf(pick("peakMemoryBytes")),
    qa: Object.entries(recordOf(pick("qa"))).map(([tool, value]) => qaView(tool, value)),
    times: Object.entries(recordOf(pick("times"))).flatMap(([name, value]) => {
      const amount = numberOf(value);
      if (amount === undefined || /^(?:total|sbuild)/.test(name)) return [];
      const seconds = name.endsWith("Ms") ? amount / 1000 : amount;
      return [[name.replace(/(?:Seconds|Ms)$/, ""), seconds] as const];
    }),
    files: listOf(pick("files")).flatMap(fileView),
    missing: listOf(pick("missing")).filter((name) => typeof name === "string"),
    errorLines: linesOf(pick("errorLines")),
  };
}

function qaView(tool: string, value: unknown): QaView {
  const qa = recordOf(value);
  const counts = Object.entries(recordOf(qa.counts)).map(([name, count]) => `${String(count)} ${name}`);
  const result = textOf(value) ?? textOf(qa.result) ?? "?";
  return { tool, result, mode: textOf(qa.mode), counts: counts.join(", "), lines: linesOf(qa.lines) };
}

function linesOf(value: unknown): LineView[] {
  return listOf(value)
    .slice(0, 200)
    .flatMap((item) => {
      const { line, text } = recordOf(item);
      return typeof line === "number" && typeof text === "string" ? [{ line, text }] : [];
    });
}

function fileView(value: unknown): FileView[] {
  const file = recordOf(value);
  const name = textOf(file.name);
  if (name === undefined) return [];
  const sizeBytes = numberOf(file.sizeBytes) ?? numberOf(file.size);
  return [{ name, sizeBytes, sha256: textOf(file.sha256) }];
}
