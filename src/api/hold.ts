import { z } from "zod";

/** That a source does not migrate by itself. */
export const hold = z.object({
  reason: z.string(),
  by: z.string().describe("Who holds it"),
  since: z.string().describe("ISO-8601"),
});
