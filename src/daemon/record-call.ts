import type { AuditEntry } from "#api";
import { errorText } from "#platform";
import type { Foundation } from "./foundation.ts";

/** Records a call that changes something: in the log, whatever comes, and in the database. */
export async function recordCall(
  { accounts, log }: Pick<Foundation, "accounts" | "log">,
  entry: AuditEntry,
): Promise<void> {
  log.info({ audit: entry }, "call");
  const { call, principal, client, given, outcome, error } = entry;
  const { kind, name } = principal;
  try {
    await accounts.audit.record(undefined, {
      ...{ actor: { kind, name }, client, action: call, given, outcome },
      ...(error === undefined ? {} : { error }),
    });
  } catch (fault) {
    // What was done is done; the log has it.
    log.error({ error: errorText(fault), call }, "the record of a call could not be stored");
  }
}
