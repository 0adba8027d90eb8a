import type { Generated } from "kysely";
import type { Flag } from "./schema-flag.ts";

/** Facts of the instance, its users, and who may upload. */
export interface AccountTables {
  setting: SettingTable;
  counter: CounterTable;
  user_account: UserAccountTable;
  api_token: ApiTokenTable;
  uploader_key: UploaderKeyTable;
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
  active: Flag;
  created_at: string;
}

interface ApiTokenTable {
  id: Generated<number>;
  name: string;
  level: string; // LOGIN, STAFF, ADMIN
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
}
