import type { FastifyRequest } from "fastify";
import type { Accounts, Principal } from "#accounts";

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

export function identifyByHeader(accounts: Pick<Accounts, "authenticate">): Identify {
  return async (request) => ({
    principal: await accounts.authenticate(request.headers.authorization),
    client: request.ip,
  });
}
