import type { Row } from "#db";
import { lookupUploadOption, type UploadOption } from "#deb";

/** Build profiles of a build: what the upload says, else the distribution. */
export function buildProfilesFor(
  options: readonly UploadOption[],
  arch: string,
  distribution: Pick<Row<"distribution">, "deb_build_profiles">,
): readonly string[] {
  const asked = lookupUploadOption(options, "deb-build-profiles", arch);
  return asked ?? distribution.deb_build_profiles.split(/\s+/).filter((word) => word !== "");
}
