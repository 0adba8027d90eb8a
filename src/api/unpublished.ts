import { z } from "zod";

/**
 * What a call that changes distributions says of those that apt does not see changed yet: the change is made and stays,
 * whatever becomes of the publish.
 */
export const unpublished = z
  .array(
    z.object({
      distribution: z.string(),
      job: z.string().describe("Goes on by itself until apt sees it"),
      reason: z.string(),
    }),
  )
  .optional()
  .describe("Distributions that apt does not see changed yet, though they are; they will be published");

const withUnpublished = z.object({ unpublished });

/** Names of the distributions that a result says this of; HTTP answers such a result with 202. */
export function unpublishedIn(result: unknown): string[] {
  const { data } = withUnpublished.safeParse(result);
  return (data?.unpublished ?? []).map(({ distribution }) => distribution);
}
