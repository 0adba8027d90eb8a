import type { ArchiveReport, ArchiveRequest } from "#api";
import type { RetentionChange } from "#archive";
import { MbdError } from "#platform";
import type { ArchiveHandDeps } from "./deps.ts";

type KeepRequest = Extract<ArchiveRequest, { command: "keep" }>;

/** Says how long a distribution, of the set-up or not, keeps what is past; without a number only shows it. */
export async function keep({ archive, db }: ArchiveHandDeps, request: KeepRequest): Promise<ArchiveReport> {
  const { distribution } = request;
  const retention = await db.write((tx) => archive.setRetention(tx, distribution, retentionGiven(request)));
  const row = await archive.distribution(distribution);
  if (row === undefined) throw new MbdError("not_found", { what: `Distribution '${distribution}'` });
  const { momentDays = 30, rollbackDays = null } = retention;
  const rollbacks =
    row.rollbacks === 0
      ? "no rollbacks"
      : `${row.rollbacks} rollback${row.rollbacks === 1 ? "" : "s"} ${
          rollbackDays === null ? "of any age" : `for ${rollbackDays} days`
        }`;
  return {
    lines: [`${distribution} keeps ${rollbacks}, and moments for ${momentDays} days`],
    result: { distribution, rollbacks: row.rollbacks, rollbackDays, momentDays },
  };
}

/** What was given of a request. */
export function retentionGiven({
  momentDays,
  rollbackDays,
}: Pick<KeepRequest, "momentDays" | "rollbackDays">): RetentionChange {
  return {
    ...(momentDays === undefined ? {} : { momentDays }),
    ...(rollbackDays === undefined ? {} : { rollbackDays }),
  };
}
