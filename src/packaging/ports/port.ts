import type { Archive } from "#archive";
import type { Database } from "#db";
import { internalPortVersion, rebuildVersion } from "#deb";
import { type ResolvedDistribution, resolveDistribution, resolveUploadTarget } from "#repositories";
import { versionsOf } from "../version-rules.ts";
import { findPoolSource } from "./pool-source.ts";
import {
  checkOptions,
  checkPort,
  eachTarget,
  type PortAnswer,
  type PortSource,
  type PortWish,
  type ReserveDeps,
  reservePort,
} from "./port-request.ts";

export interface PortDeps extends ReserveDeps {
  readonly db: Database;
  readonly archive: Pick<Archive, "places" | "sourceVersions">;
}

export interface PortQuestion {
  readonly source: string;
  /** May be a rollback. */
  readonly fromDistribution: string;
  readonly toDistributions: readonly string[];
  readonly version?: string;
  /** KEY[ARCH]=VALUE. */
  readonly options: readonly string[];
}

/**
 * Call `port` (pipeline.md 8.1): what a distribution holds is built again for others, or for itself.
 * @throws MbdError bad_argument, not_found, version_mismatch, ambiguous, and those of distribution strings
 */
export async function port(
  deps: PortDeps,
  question: PortQuestion,
  requestedBy: string,
): Promise<PortAnswer[]> {
  const plan = await preparePort(deps, question);
  return await eachTarget(question.toDistributions, async (distribution) => {
    const wish = await plan.wishFor(distribution, requestedBy);
    return await deps.db.write((tx) => reservePort(deps, tx, wish));
  });
}

/** A sentence for each target. @throws MbdError as `port` */
export async function planPort(deps: PortDeps, question: PortQuestion): Promise<string[]> {
  const plan = await preparePort(deps, question);
  const { source, version } = plan.found;
  const options = question.options.length === 0 ? "" : ` (${question.options.join(" | ")})`;
  const answers = await eachTarget(question.toDistributions, async (distribution) => {
    const wish = await plan.wishFor(distribution, "");
    await checkPort(deps, deps.db.read, wish);
    const name = wish.target.name;
    return isSameSuite(plan.from, wish.target)
      ? `Rebuild ${source} ${version} of ${plan.from.name} for ${name} as ${wish.version}${options}.`
      : `Port ${source} ${version} from ${plan.from.name} to ${name} as ${wish.version}${options}.`;
  });
  return answers.map((answer) =>
    typeof answer === "string" ? answer : `Not for ${answer.target}: ${answer.error}`,
  );
}

async function preparePort(deps: PortDeps, question: PortQuestion) {
  const { source, version, options } = question;
  checkOptions(options);
  const { read } = deps.db;
  const from = await resolveDistribution(read, question.fromDistribution);
  const found = await findPoolSource(deps.archive, read, { source, from, version });
  const now = deps.clock.now();
  return {
    ...{ from, found },
    async wishFor(distribution: string, requestedBy: string): Promise<PortWish> {
      const target = await resolveUploadTarget(read, distribution);
      return wishOf("internal", { from, found, target, now, options, requestedBy });
    },
  };
}

interface PoolPort {
  readonly from: ResolvedDistribution;
  readonly found: PortSource;
  readonly target: ResolvedDistribution;
  readonly now: Date;
  readonly options: readonly string[];
  readonly requestedBy: string;
}

/** A port of the pool, with its version (names-and-versions.md 7). */
export function wishOf(kind: "internal" | "auto", ported: PoolPort): PortWish {
  const { from, found, target, now, options, requestedBy } = ported;
  const version = isSameSuite(from, target)
    ? rebuildVersion(found.version, now)
    : internalPortVersion(found.version, versionsOf(from), versionsOf(target));
  return { ...{ kind, target, version, options, requestedBy }, from: found, fromDistribution: from.name };
}

/** Also from a rollback of the suite: the version it had there is the suite's own, so it cannot come again. */
function isSameSuite(from: ResolvedDistribution, target: ResolvedDistribution): boolean {
  return from.distribution.id === target.distribution.id && from.suite.id === target.suite.id;
}
