import { errorText, MbdError } from "#platform";
import { BuildDescription, type BuildRequest } from "./build-description.ts";

/**
 * What packaging says of a build, checked before an attempt begins: what is wrong in it is no failure of the builder, so
 * the build waits. `fault` says what, in one line without a full stop.
 */
export async function readRequest(
  describe: () => Promise<BuildRequest>,
): Promise<{ readonly request: BuildRequest } | { readonly fault: string }> {
  let described: BuildRequest;
  try {
    described = await describe();
  } catch (error) {
    if (error instanceof MbdError) return { fault: errorText(error).replace(/\.$/, "") };
    throw error;
  }
  // The lease gives it others.
  const read = BuildDescription.safeParse({ ...described, attempt: 1, fence: 1 });
  if (read.success) return { request: read.data };
  const [issue] = read.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
  return { fault: `its description is not valid${where}: ${issue?.message ?? "it cannot be read"}` };
}
