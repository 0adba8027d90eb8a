import type { Generated } from "kysely";

/** Web hooks: who is told of events by HTTP. */
export interface NotifyTables {
  hook: HookTable;
  hook_delivery: HookDeliveryTable;
}

interface HookTable {
  id: Generated<number>;
  name: string;
  url: string;
  /** Key of the signatures; the receiver has the same. */
  secret: string;
  /** JSON lists; empty: any. */
  types: string;
  distributions: string;
  sources: string;
  /** JSON list: hosts that may have a private address. */
  allowed_hosts: string;
  /** Failures since the last delivery that went well. */
  failures: Generated<number>;
  /** Nothing is sent before. */
  resume_at: string | null;
  error: string | null; // of the last failure
  last_sent_at: string | null;
  created_at: string;
}

/** An event to be sent to a hook. */
interface HookDeliveryTable {
  id: Generated<number>;
  hook_id: number;
  event_id: number;
  state: string; // queued, sent, dead
  attempt: number;
  next_at: string;
  error: string | null;
  created_at: string;
  ended_at: string | null;
}
