import type { Row } from "#db";

export type SourceFacts = Pick<Row<"source">, "origin" | "codename" | "state" | "error">;

/** Why nothing can be built with a source, base or extra, if so (builds.md 2.1); one line without a full stop. */
export function sourceTrouble({ origin, codename, state, error }: SourceFacts): string | undefined {
  if (state === "unchecked") return `the source ${origin} ${codename} was not checked yet`;
  if (state !== "error") return undefined;
  const because = error === null || error === "" ? "" : `: ${error}`;
  return `the source ${origin} ${codename} is in error${because}`;
}
