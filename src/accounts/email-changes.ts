import type { Tx } from "#db";
import { isoNow } from "#platform";
import type { PartDeps } from "./deps.ts";
import { useLinks } from "./link-store.ts";
import { linkAddress, makeLink } from "./links.ts";
import { confirmationMail, otherAddressMail } from "./mails.ts";
import type { By } from "./principal.ts";
import { checkEmail } from "./rules.ts";
import { type UserRow, updateUser } from "./user-store.ts";
import { stateOf } from "./users.ts";
import { userToChange } from "./who.ts";

export interface EmailChanges {
  /**
   * Gives a user another mail address (empty: none), which is not confirmed. All links mailed before end, and the old
   * address is told. @throws MbdError bad_argument, not_found
   */
  setEmail(id: number, email: string, by: By): Promise<void>;
}

export function createEmailChanges(parts: PartDeps): EmailChanges {
  return {
    async setEmail(id, email, by) {
      if (email !== "") checkEmail(email);
      const url = await parts.url();
      await parts.db.write(async (tx) => {
        const user = await userToChange(tx, id);
        await changeEmail(parts, tx, user, email, by);
        // Who has registered only, and waits for a mail, gets it where it can be read.
        if (parts.mail === undefined || stateOf(user) !== "registered" || email === "") return;
        const { id: linkId, secret } = await makeLink(parts, tx, id, "confirm");
        await parts.mail(
          tx,
          confirmationMail({ ...user, email }, linkAddress(url, "confirm", secret), linkId),
        );
      });
    },
  };
}

/** Whoever reads the old address must not be able to take the account over by it. */
export async function changeEmail(
  { clock, audit, mail }: Pick<PartDeps, "clock" | "audit" | "mail">,
  tx: Tx,
  user: UserRow,
  email: string,
  by: By,
): Promise<void> {
  if (user.email === email) return;
  const now = isoNow(clock);
  await updateUser(tx, user.id, { email, email_confirmed_at: null });
  for (const purpose of ["confirm", "reset"]) await useLinks(tx, user.id, purpose, now);
  await audit.done(tx, by, "user.set_email", { user: user.name, email, before: user.email });
  if (user.email !== "" && user.activated_at !== null) await mail?.(tx, otherAddressMail(user, now));
}
