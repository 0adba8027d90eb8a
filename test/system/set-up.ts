import { ensureServiceUser } from "../support/service-user.ts";

/** Once, before files run side by side: two at a time would both make the user. */
export async function setup(): Promise<void> {
  await ensureServiceUser();
}
