import type { EventType } from "./event-kinds.ts";

export interface Actor {
  readonly kind: "key" | "user" | "token" | "worker" | "system";
  readonly name: string;
}

interface EventSubject {
  readonly source?: string | undefined;
  readonly version?: string | undefined;
  readonly distribution?: string | undefined;
  readonly repository?: string | undefined;
  readonly codename?: string | undefined;
  readonly suite?: string | undefined;
  readonly component?: string | undefined;
  readonly arch?: string | undefined;
  readonly bkey?: string | undefined;
  readonly upload?: number | undefined;
  readonly packaging?: number | undefined;
  readonly build?: number | undefined;
}

export interface NewEvent extends EventSubject {
  readonly type: EventType;
  /** One line for people. */
  readonly message: string;
  readonly actor?: Actor;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** An event as it is told to anybody; absent values are left out. */
export interface EventView extends EventSubject {
  readonly id: number;
  readonly type: EventType;
  readonly time: string;
  readonly instance: string;
  readonly actor: Actor;
  readonly message: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Addresses on this instance, as paths. */
  readonly links: Readonly<Record<string, string>>;
}

export interface EventFilter {
  readonly types?: readonly string[] | undefined;
  readonly source?: string | undefined;
  readonly version?: string | undefined;
  /** Only events of this version or a higher one (dpkg's order). */
  readonly minVersion?: string | undefined;
  readonly distribution?: string | undefined;
  readonly packaging?: number | undefined;
  /** This bkey or one of its builds. */
  readonly bkey?: string | undefined;
}
