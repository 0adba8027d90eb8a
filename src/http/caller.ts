import type { FastifyRequest } from "fastify";
import { type Accounts, NOBODY, type Principal } from "#accounts";
import { addressGroup, type Clock, MbdError } from "#platform";
import type { ClientAddress } from "./client-address.ts";
import type { SessionCookie } from "./session-cookie.ts";

/** Who asks, and from where. */
export interface Caller {
  readonly principal: Principal;
  readonly client: string;
  /** Of a browser that is signed in. */
  readonly session?: { readonly id: number; readonly secret: string };
}

/** Finds out who sent a request. */
export type Identify = (request: FastifyRequest) => Promise<Caller>;

/** Who sent requests that are being answered, for what is written around errors. */
const known = new WeakMap<FastifyRequest, Caller>();

/** Asks once for each request. */
export function remembering(identify: Identify): Identify {
  return async (request) => {
    const caller = known.get(request) ?? (await identify(request));
    known.set(request, caller);
    return caller;
  };
}

/** Who sent the request, if that was found out already. */
export function callerOf(request: FastifyRequest): Caller | undefined {
  return known.get(request);
}

/** On the machine's own socket everybody is the administrator: its directory lets nobody else in. */
export const LOCAL_PRINCIPAL: Principal = { level: "ADMIN", kind: "local", name: "local" };

export const identifyLocal: Identify = async () => ({ principal: LOCAL_PRINCIPAL, client: "local" });

/** Wrong credentials an address may send within the window; checking a password is slow on purpose. */
const MAX_FAILURES = 20;
const WINDOW_MS = 60_000;
/** Addresses remembered at most. */
const MAX_ADDRESSES = 10_000;

export interface IdentifyDeps {
  readonly accounts: Pick<Accounts, "authenticate">;
  readonly clock: Clock;
  readonly sessions?: Pick<Accounts["sessions"], "find"> | undefined;
  readonly cookie: SessionCookie;
  readonly clientOf: ClientAddress;
}

/** By what is sent: the credentials of programs, else the session of a browser. */
export function identifyByRequest(deps: IdentifyDeps): Identify {
  const failures = new Map<string, { count: number; until: number }>();

  function refuseGuessing(client: string): void {
    const group = addressGroup(client);
    const known = failures.get(group);
    if (known === undefined) return;
    const left = known.until - deps.clock.now().getTime();
    if (left <= 0) failures.delete(group);
    else if (known.count >= MAX_FAILURES)
      throw new MbdError("too_many", { what: "wrong credentials", seconds: Math.ceil(left / 1000) });
  }

  function countFailure(client: string): void {
    if (failures.size >= MAX_ADDRESSES) failures.clear();
    const until = deps.clock.now().getTime() + WINDOW_MS;
    const group = addressGroup(client);
    const known = failures.get(group) ?? { count: 0, until };
    failures.set(group, { ...known, count: known.count + 1 });
  }

  return async (request) => {
    const client = deps.clientOf(request);
    const { authorization } = request.headers;
    if (authorization === undefined)
      return (await bySession(deps, request, client)) ?? { principal: NOBODY, client };
    // A token cannot be guessed and is looked up at once: one that is right works whatever others there sent.
    const token = /^bearer /i.test(authorization);
    if (!token) refuseGuessing(client);
    try {
      return { principal: await deps.accounts.authenticate(authorization, client), client };
    } catch (error) {
      if (!(error instanceof MbdError) || error.code !== "bad_credentials") throw error;
      if (token) refuseGuessing(client);
      countFailure(client);
      throw error;
    }
  };
}

/** A session that has ended makes nobody of its browser, not an error: it can sign in again. */
async function bySession(
  deps: IdentifyDeps,
  request: FastifyRequest,
  client: string,
): Promise<Caller | undefined> {
  const secret = deps.cookie.read(request);
  const session = secret === undefined ? undefined : await deps.sessions?.find(secret);
  if (secret === undefined || session === undefined) return undefined;
  return { principal: session.principal, client, session: { id: session.id, secret } };
}
