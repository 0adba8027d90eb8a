export { listUploaderKeys, saveUploaderKey } from "./account-store.ts";
export { type Accounts, createAccounts } from "./accounts.ts";
export { hasLevel, isLevel, LEVELS, type Level, NOBODY, type Principal } from "./principal.ts";
