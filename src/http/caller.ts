import type { FastifyRequest } from "fastify";
import type { Accounts, Principal } from "#accounts";
import { type Clock, MbdError } from "#platform";

/** Who asks, and from where. */
export interface Caller {
  readonly principal: Principal;
  readonly client: string;
}

/** Finds out who sent a request. */
export type Identify = (request: FastifyRequest) => Promise<Caller>;

/** On the machine's own socket everybody is the administrator: its directory lets nobody else in. */
export const LOCAL_PRINCIPAL: Principal = { level: "ADMIN", kind: "local", name: "local" };

export const identifyLocal: Identify = async () => ({ principal: LOCAL_PRINCIPAL, client: "local" });

/** Wrong credentials an address may send within the window; checking a password is slow on purpose. */
const MAX_FAILURES = 20;
const WINDOW_MS = 60_000;
/** Addresses remembered at most. */
const MAX_ADDRESSES = 10_000;

export function identifyByHeader(deps: { accounts: Pick<Accounts, "authenticate">; clock: Clock }): Identify {
  const failures = new Map<string, { count: number; until: number }>();

  function refuseGuessing(client: string): void {
    const known = failures.get(client);
    if (known === undefined) return;
    const left = known.until - deps.clock.now().getTime();
    if (left <= 0) failures.delete(client);
    else if (known.count >= MAX_FAILURES)
      throw new MbdError("too_many", { what: "wrong credentials", seconds: Math.ceil(left / 1000) });
  }

  function countFailure(client: string): void {
    if (failures.size >= MAX_ADDRESSES) failures.clear();
    const until = deps.clock.now().getTime() + WINDOW_MS;
    const known = failures.get(client) ?? { count: 0, until };
    failures.set(client, { ...known, count: known.count + 1 });
  }

  return async (request) => {
    const client = request.ip;
    const { authorization } = request.headers;
    if (authorization !== undefined) refuseGuessing(client);
    try {
      return { principal: await deps.accounts.authenticate(authorization), client };
    } catch (error) {
      if (error instanceof MbdError && error.code === "bad_credentials") countFailure(client);
      throw error;
    }
  };
}
