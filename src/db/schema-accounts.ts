import type { Generated } from "kysely";
import type { Flag } from "./schema-flag.ts";

/** Facts of the instance, its users, and who may upload. */
export interface AccountTables {
  setting: SettingTable;
  counter: CounterTable;
  user_account: UserAccountTable;
  session: SessionTable;
  known_client: KnownClientTable;
  account_link: AccountLinkTable;
  api_token: ApiTokenTable;
  uploader_key: UploaderKeyTable;
  user_key: UserKeyTable;
  upload_right: UploadRightTable;
  subscription: SubscriptionTable;
  audit: AuditTable;
  outbox: OutboxTable;
}

/** Facts of the instance: `identity`, `hostname`, `key_fingerprint`, … */
interface SettingTable {
  name: string;
  value: string;
}

/** Gap-free numbers taken inside the transaction that uses them: `event`, `publish`, `accepted`. */
interface CounterTable {
  name: string;
  value: number;
}

interface UserAccountTable {
  id: Generated<number>;
  name: string;
  level: string; // LOGIN, STAFF, ADMIN
  password_hash: string;
  /** False for those who registered and are not activated yet, and for those who were switched off. */
  active: Flag;
  created_at: string;
  /** Empty when unknown. */
  email: Generated<string>;
  email_confirmed_at: string | null;
  /** First activation, by a confirmed address or an administrator. */
  activated_at: string | null;
  last_login_at: string | null;
}

/** A browser that is signed in. */
interface SessionTable {
  id: Generated<number>;
  user_account_id: number;
  /** SHA-256 of the cookie's secret, hex. */
  secret_hash: string;
  created_at: string;
  last_seen_at: string;
  expires_at: string;
  revoked_at: string | null;
  client: string; // address at sign-in, for people
  user_agent: string;
}

/** From where a user signed in before. */
interface KnownClientTable {
  user_account_id: number;
  /** Address, of IPv6 the /64 network. */
  client: string;
  last_seen_at: string;
}

/** An address with a secret that works once: confirms a registration or resets a password. */
interface AccountLinkTable {
  id: Generated<number>;
  user_account_id: number;
  purpose: string; // confirm, reset
  secret_hash: string;
  created_at: string;
  expires_at: string;
  used_at: string | null;
}

interface ApiTokenTable {
  id: Generated<number>;
  name: string;
  level: string; // LOGIN, STAFF, ADMIN
  /** Whose it is; null for tokens that the machine's administrator made. */
  user_account_id: number | null;
  last_used_at: string | null;
  /** SHA-256 of the secret, hex; the secret itself is shown once and never stored. */
  secret_hash: string;
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;
}

/** An OpenPGP key that may upload to one repository. */
interface UploaderKeyTable {
  id: Generated<number>;
  repository: string;
  /** Primary fingerprint, upper-case hex. */
  fingerprint: string;
  user_id: string;
  /** Binary export, base64. */
  key: string;
  active: Flag;
  created_at: string;
  suites: Generated<string>; // words; empty: all that take uploads
  sources: Generated<string>; // words, patterns of source names; empty: all
}

/** The OpenPGP key of a user; it uploads once an administrator activated it, where `upload_right` says. */
interface UserKeyTable {
  id: Generated<number>;
  user_account_id: number;
  fingerprint: string;
  user_ids: string; // JSON list
  algorithm: string; // as gpg names it: ed25519, rsa4096
  key_created_at: string;
  key_expires_at: string | null;
  key: string; // binary export, base64
  created_at: string;
  activated_at: string | null;
  activated_by: string | null;
}

/** What the key of a user may upload to a repository; several add up. */
interface UploadRightTable {
  id: Generated<number>;
  user_account_id: number;
  repository: string; // identity
  suites: string; // words; empty: all that take uploads
  sources: string; // words, patterns of source names; empty: all
  granted_by: string;
  created_at: string;
}

/** Empty text stands for any. */
interface SubscriptionTable {
  user_account_id: number;
  package: string;
  distribution: string;
  created_at: string;
}

/** Who did what, from where; every changing call and every change of accounts, whatever came of it. */
interface AuditTable {
  id: Generated<number>;
  time: string;
  actor: string; // JSON {kind, name}
  client: string; // address
  action: string; // name of a call, or account.<what>
  given: string; // JSON {argument: text}, without secrets
  outcome: string; // done, failed
  error: string | null;
}

/** Mails to send. */
interface OutboxTable {
  id: Generated<number>;
  message_id: string;
  recipient: string;
  subject: string;
  body: string;
  state: string; // queued, sent, dead
  error: string | null;
  created_at: string;
  ended_at: string | null;
}
