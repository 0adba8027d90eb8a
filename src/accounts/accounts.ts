import { type Audit, createAudit } from "./audit.ts";
import { type Authenticate, createAuthenticate } from "./authenticate.ts";
import { type CleanedUp, cleanUp } from "./cleanup.ts";
import { createCredentials } from "./credentials.ts";
import type { AccountsDeps } from "./deps.ts";
import { createEmailChanges, type EmailChanges } from "./email-changes.ts";
import { createMachineAdmin, type MachineAdmin } from "./machine-admin.ts";
import { createPasswordChanges, type PasswordChanges } from "./password-changes.ts";
import { createPasswords } from "./passwords.ts";
import { createRegistration, type Registration } from "./registration.ts";
import { createRights, type Rights } from "./rights.ts";
import { createSessions, type Sessions } from "./sessions.ts";
import { createSignInLimits } from "./sign-in-limits.ts";
import { createSubscriptions, type Subscriptions } from "./subscriptions.ts";
import { createTokens, type Tokens } from "./tokens.ts";
import { createUserKeys, type UserKeys } from "./user-keys.ts";
import { createUsers, type Users } from "./users.ts";

export interface Accounts extends MachineAdmin {
  /** Who an `Authorization` header (Bearer token or HTTP Basic) speaks for; a wrong one is `bad_credentials`. */
  authenticate: Authenticate;
  readonly sessions: Sessions;
  readonly registration: Registration & PasswordChanges;
  readonly tokens: Tokens;
  readonly keys: UserKeys;
  readonly rights: Rights;
  readonly subscriptions: Subscriptions;
  readonly users: Users & EmailChanges;
  readonly audit: Audit;
  /** Daily work. */
  cleanUp(): Promise<CleanedUp>;
}

/** The people of an instance. Every change by a person is recorded in the transaction that makes it. */
export function createAccounts(deps: AccountsDeps): Accounts {
  const audit = createAudit(deps);
  const passwords = createPasswords(deps.scrypt);
  const parts = { ...deps, audit, passwords, limits: createSignInLimits(deps.clock) };
  const all = { ...parts, credentials: createCredentials(parts) };
  return {
    ...createMachineAdmin(parts),
    authenticate: createAuthenticate(all),
    sessions: createSessions(all),
    registration: { ...createRegistration(parts), ...createPasswordChanges(all) },
    tokens: createTokens(parts),
    keys: createUserKeys(parts),
    rights: createRights(parts),
    subscriptions: createSubscriptions(parts),
    users: { ...createUsers(parts), ...createEmailChanges(parts) },
    audit,
    cleanUp: () => cleanUp(parts),
  };
}
