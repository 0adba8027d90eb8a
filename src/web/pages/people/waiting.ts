import type { UserView } from "#accounts";

export interface WaitingPerson {
  readonly user: UserView;
  readonly what: "account" | "key";
}

/** What only an administrator can decide: accounts of those who registered, keys that would sign uploads. */
export function waitingPeople(users: readonly UserView[]): WaitingPerson[] {
  return users.flatMap((user): WaitingPerson[] => [
    ...(user.state === "registered" ? [{ user, what: "account" as const }] : []),
    ...(user.state !== "off" && user.key?.state === "waiting" ? [{ user, what: "key" as const }] : []),
  ]);
}
