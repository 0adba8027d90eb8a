import { hostname as machineName } from "node:os";
import type { Database, Tx } from "#db";
import { isIdentity } from "#deb";
import { MbdError } from "#platform";

/** Who this instance is; fixed after the first start, as clients and keys depend on it. */
export interface InstanceIdentity {
  readonly identity: string;
  /** The only source of addresses in URLs, mails and dput.cf. */
  readonly hostname: string;
}

export async function readSetting(db: Database, name: string): Promise<string | undefined> {
  const row = await db.read.selectFrom("setting").select("value").where("name", "=", name).executeTakeFirst();
  return row?.value;
}

export async function writeSetting(tx: Tx, name: string, value: string): Promise<void> {
  await tx
    .insertInto("setting")
    .values({ name, value })
    .onConflict((conflict) => conflict.column("name").doUpdateSet({ value }))
    .execute();
}

/**
 * The stored identity, or on the first start the one that is asked for (default: the machine's short name). The host
 * name may be given anew at each start.
 */
export async function openIdentity(
  db: Database,
  asked: { readonly identity?: string | undefined; readonly hostname?: string | undefined },
): Promise<InstanceIdentity> {
  const stored = await readSetting(db, "identity");
  if (stored !== undefined && asked.identity !== undefined && asked.identity !== stored) {
    const reason = `the identity is '${stored}' since the first start and cannot become '${asked.identity}'`;
    throw new MbdError("bad_configuration", { reason });
  }
  const identity = stored ?? asked.identity ?? shortName();
  if (!isIdentity(identity)) {
    throw new MbdError("bad_configuration", {
      reason: `'${identity}' is not an identity (letters, digits and hyphens)`,
    });
  }
  const storedName = await readSetting(db, "hostname");
  const hostname = asked.hostname ?? storedName ?? machineName();
  if (identity === stored && hostname === storedName) return { identity, hostname };
  await db.write(async (tx) => {
    await writeSetting(tx, "identity", identity);
    await writeSetting(tx, "hostname", hostname);
  });
  return { identity, hostname };
}

function shortName(): string {
  const [short = ""] = machineName().split(".");
  return short.replaceAll(/[^a-zA-Z0-9-]/g, "").replace(/^-+/, "") || "mini-buildd";
}
