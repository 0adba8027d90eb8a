/** A distribution of the instance: `<codename>-<repository>-<suite>[-rollback<N>]`. */
export interface Distribution {
  readonly codename: string;
  /** Identity of the repository. */
  readonly repository: string;
  readonly suite: string;
  /** Number of the rollback suite, 0 the newest; undefined for the suite itself. Zero is a normal number. */
  readonly rollback: number | undefined;
}

const DISTRIBUTION = /^([a-z][a-z0-9]*)-([a-z0-9]+)-([a-z]+)(?:-rollback(0|[1-9][0-9]{0,2}))?$/;
const META = /^[a-z][a-z0-9-]*$/;

/** Takes a distribution string apart; undefined if it is none. Nothing is trimmed or completed. */
export function parseDistribution(text: string): Distribution | undefined {
  const [, codename, repository, suite, rollback] = DISTRIBUTION.exec(text) ?? [];
  if (codename === undefined || repository === undefined || suite === undefined) return undefined;
  return { codename, repository, suite, rollback: rollback === undefined ? undefined : Number(rollback) };
}

/** The distribution string. */
export function formatDistribution(
  distribution: Omit<Distribution, "rollback"> & { rollback?: number | undefined },
): string {
  const { codename, repository, suite, rollback } = distribution;
  return `${codename}-${repository}-${suite}${rollback === undefined ? "" : `-rollback${rollback}`}`;
}

/** Whether `text` can be a meta distribution such as `unstable`: a plain name that is no distribution string. */
export function isMetaDistribution(text: string): boolean {
  return META.test(text) && parseDistribution(text) === undefined;
}
