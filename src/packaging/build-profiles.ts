import type { Row } from "#db";
import { lookupUploadOption, type UploadOption } from "#deb";

/** Build profiles of a build: what the upload says, else the distribution. */
export function buildProfilesFor(
  options: readonly UploadOption[],
  arch: string,
  distribution: Pick<Row<"distribution">, "deb_build_profiles">,
): readonly string[] {
  const asked = lookupUploadOption(options, "deb-build-profiles", arch);
  return asked ?? words(distribution.deb_build_profiles);
}

/** Words for DEB_BUILD_OPTIONS of a build, by the same rule. */
export function buildOptionsFor(
  options: readonly UploadOption[],
  arch: string,
  distribution: Pick<Row<"distribution">, "deb_build_options">,
): readonly string[] {
  return lookupUploadOption(options, "deb-build-options", arch) ?? words(distribution.deb_build_options);
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
