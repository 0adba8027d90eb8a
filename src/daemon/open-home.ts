import { createArchive } from "#archive";
import type { OpenedHome } from "#cli";
import { silentLog } from "#platform";
import { createAdmin } from "./admin.ts";
import { openFoundation } from "./foundation.ts";
import { readSetting } from "./identity.ts";
import { publishDue } from "./publish-due.ts";
import { createSettingsAdmin } from "./settings-admin.ts";

/** Opens a home that no daemon uses, for one command of the administrator; holds its lock until it is closed. */
export async function openHome(home: string): Promise<OpenedHome> {
  const foundation = await openFoundation({ home }, silentLog);
  const { db, clock, accounts } = foundation;
  // Known once a daemon has served the home.
  const url = await readSetting(db, "url");
  const archive = createArchive({ ...foundation, ...(url === undefined ? {} : { url }) });
  const settings = createSettingsAdmin({
    ...{ db, clock, audit: accounts.audit },
    ensureDistribution: archive.ensureDistribution,
  });
  return {
    admin: createAdmin({ ...foundation, settings }),
    async close() {
      // What a change of settings has made due is shown before the home is left: nobody else would do it.
      await publishDue(archive, db, silentLog);
      await foundation.close();
    },
  };
}
