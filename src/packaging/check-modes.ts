import type { QaMode } from "#builds";
import type { Row } from "#db";
import { formatUploadOption, lookupUploadOption, type UploadOption } from "#deb";
import type { ResolvedDistribution } from "#repositories";

/**
 * Checks that run code of the package with the machine's network: what the administrator left off, not everybody
 * switches on.
 */
type Check = "autopkgtest" | "piuparts";
const CHECKS: readonly Check[] = ["autopkgtest", "piuparts"];

type Distribution = Pick<Row<"distribution">, "autopkgtest_mode" | "piuparts_mode" | "checks_by_uploads">;

/** Mode of a check in a build. `signed`: the upload is, by a key that the instance knows. */
export function checkMode(
  check: Check,
  options: readonly UploadOption[],
  arch: string,
  distribution: Distribution,
  signed: boolean,
): QaMode {
  const setting = distribution[`${check}_mode`] as QaMode;
  if (!mayChoose(check, distribution, signed)) return setting;
  return lookupUploadOption(options, `${check}-mode`, arch) ?? setting;
}

/** A sentence for each option that asks for a check which this upload may not switch on. */
export function ignoredChecks(
  options: readonly UploadOption[],
  { name, distribution }: Pick<ResolvedDistribution, "name" | "distribution">,
  signed: boolean,
): string[] {
  const why = distribution.checks_by_uploads === "none" ? "no upload" : "no unsigned upload";
  return CHECKS.filter((check) => !mayChoose(check, distribution, signed)).flatMap((check) =>
    options
      .filter(({ key, value }) => key === `${check}-mode` && value !== "DISABLED")
      .map(
        (option) => `Option "${formatUploadOption(option)}" is ignored: ${why} to ${name} switches it on.`,
      ),
  );
}

function mayChoose(check: Check, distribution: Distribution, signed: boolean): boolean {
  const { checks_by_uploads: allowed } = distribution;
  if (distribution[`${check}_mode`] !== "DISABLED") return true;
  return allowed === "all" || (allowed === "signed" && signed);
}
