export { type Accounts, createAccounts } from "./accounts.ts";
export { createAttemptLimit } from "./attempt-limit.ts";
export type { Audit, AuditQuery, AuditRecord, AuditView } from "./audit.ts";
export { countAuditBefore } from "./audit-store.ts";
export { checkRight, type NewRight } from "./check-right.ts";
export type { CleanedUp } from "./cleanup.ts";
export type { AccountsDeps, PutMail, ReadKey } from "./deps.ts";
export type { EmailChanges } from "./email-changes.ts";
export { listUserKeys } from "./key-store.ts";
export { LOCAL_BY } from "./machine-admin.ts";
export type { PasswordChanges } from "./password-changes.ts";
export {
  type By,
  hasLevel,
  isLevel,
  LEVELS,
  type Level,
  NOBODY,
  type Principal,
  requireLevel,
} from "./principal.ts";
export type { Registration } from "./registration.ts";
export { keptSince } from "./retention.ts";
export { listRights, type UploadRight } from "./right-store.ts";
export type { Rights } from "./rights.ts";
export type { Sessions, SessionView } from "./sessions.ts";
export { findSubscribers, type Subscription } from "./subscription-store.ts";
export type { Subscriptions } from "./subscriptions.ts";
export type { Tokens, TokenView } from "./tokens.ts";
export {
  covers,
  isWhole,
  rightText,
  scopeOf,
  scopeText,
  type UploadScope,
} from "./upload-scope.ts";
export { listActiveKeys, listUploaderKeys, saveUploaderKey, type UploaderKey } from "./uploader-store.ts";
export type { OwnKey, UserKeys, WaitingKey } from "./user-keys.ts";
export type { Users, UserView } from "./users.ts";
