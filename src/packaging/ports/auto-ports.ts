import type { Tx } from "#db";
import { DEFAULT_PORT_OPTIONS, lookupUploadOption, type UploadOption } from "#deb";
import type { Events } from "#events";
import type { MbdError } from "#platform";
import { type ResolvedDistribution, resolveDistribution, resolveUploadTarget } from "#repositories";
import type { Packaging } from "../packaging-store.ts";
import { findPoolSource } from "./pool-source.ts";
import { type PortDeps, wishOf } from "./port.ts";
import { eachTarget, type PortAnswer, reservePort } from "./port-request.ts";

export type AutoPortDeps = Omit<PortDeps, "db"> & { readonly events: Pick<Events, "record"> };

/** The distributions that an upload wants to be ported to. */
export function autoPortsOf(packaging: Packaging): readonly string[] {
  return lookupUploadOption(JSON.parse(packaging.options) as UploadOption[], "auto-ports") ?? [];
}

/**
 * Asks for the ports that an upload wanted, in the transaction in which it is installed. Nothing wrong with them stops that.
 * @param refusal why its signer may not have it ported to a target
 */
export async function reserveAutoPorts(
  deps: Omit<AutoPortDeps, "events">,
  tx: Tx,
  packaging: Packaging,
  refusal: (target: ResolvedDistribution) => MbdError | undefined,
): Promise<PortAnswer[]> {
  return await eachTarget(autoPortsOf(packaging), async (distribution) => {
    const target = await resolveUploadTarget(tx, distribution);
    const refused = refusal(target);
    if (refused !== undefined) throw refused;
    const from = await resolveDistribution(tx, packaging.distribution);
    const { source, version } = packaging;
    const found = await findPoolSource(deps.archive, tx, { source, from, version });
    const requestedBy = `auto-ports of ${packaging.bkey}`;
    const ported = { from, found, target, requestedBy, now: deps.clock.now(), options: DEFAULT_PORT_OPTIONS };
    return await reservePort(deps, tx, wishOf("auto", ported));
  });
}

/** Tells of those that came to nothing before they began. */
export async function recordRefused(
  { events }: Pick<AutoPortDeps, "events">,
  tx: Tx,
  packaging: Packaging,
  answers: readonly PortAnswer[],
): Promise<void> {
  const { source, version } = packaging;
  for (const answer of answers) {
    if (!("error" in answer)) continue;
    const { target, error } = answer;
    await events.record(tx, {
      ...{ type: "PORTED", source, version, distribution: target },
      message: `automatic port failed: ${error}`,
      data: { target, version, error, from: packaging.distribution },
    });
  }
}
