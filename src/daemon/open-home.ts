import type { OpenedHome } from "#cli";
import { silentLog } from "#platform";
import { createAdmin } from "./admin.ts";
import { openFoundation } from "./foundation.ts";

/** Opens a home that no daemon uses, for one command of the administrator; holds its lock until it is closed. */
export async function openHome(home: string): Promise<OpenedHome> {
  const foundation = await openFoundation({ home }, silentLog);
  return { admin: createAdmin(foundation), close: () => foundation.close() };
}
