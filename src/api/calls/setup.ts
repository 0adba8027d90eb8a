import { z } from "zod";
import { quoted } from "#platform";
import { bool, checkUrl, list } from "../arguments/index.ts";
import { defineCall } from "../call.ts";

export const SETUP_STATUSES = ["MISSING", "EXISTS", "ACTIVE", "CHANGED", "FAILED", "DEACTIVATED"] as const;
export const SEVERITY_MESSAGES = [
  "No issues found",
  "Notable issues found",
  "Warnings found",
  "Errors found",
] as const;

export const setupInstance = z.object({
  kind: z.string().describe("archive, source, repository, distribution, meta distribution, chroot, daemon"),
  name: z.string(),
  status: z.enum(SETUP_STATUSES),
  message: z.string().optional(),
  diff: z.string().optional().describe("For CHANGED: what differs"),
});

export const setupReport = z.object({
  instances: z.array(setupInstance),
  severity: z.int().min(0).max(3).describe("0 none, 1 notable, 2 warnings, 3 errors"),
  message: z.string(),
});

/** Lists of words of one form each. */
function words(id: string, header: string, pattern: RegExp, doc: string) {
  return list([id], {
    doc: `${doc} Form: ${header}.`,
    header,
    check: (item) => (pattern.test(item) ? undefined : `${quoted(item)} is not of the form ${header}`),
  });
}

const CODENAME = "[a-z][a-z0-9]{0,31}";
const ARCH = "[a-z0-9][a-z0-9-]{0,31}";

export const setup = defineCall({
  name: "setup",
  doc: `Create, update or inspect your setup

Without options it only inspects. It never changes what is there already. Architectures native, available and all expand.`,
  level: "ADMIN",
  confirm: true,
  maintenance: true,
  arguments: {
    archives: list(["--archives"], {
      doc: "Addresses of archives (mirrors) of base distributions.",
      header: "URL",
      check(item) {
        checkUrl("archives", item);
        return undefined;
      },
    }),
    archives_from_apt_sources: bool(["--archives-from-apt-sources"], {
      doc: "Archives that this machine's own apt uses.",
    }),
    sources: words(
      "--sources",
      "[ORIGIN:]CODENAME",
      /^(?:[A-Za-z][A-Za-z0-9 .-]{0,63}:)?[a-z][a-z0-9./-]{0,63}$/,
      "Sources (base or extra distributions).",
    ),
    distributions: words(
      "--distributions",
      "CODENAME:ARCH+ARCH...",
      new RegExp(`^${CODENAME}:${ARCH}(?:\\+${ARCH})*$`),
      "Base distributions, with the architectures to build for.",
    ),
    repositories: words(
      "--repositories",
      "IDENTITY/LAYOUT",
      /^[a-z0-9]{1,32}\/[a-z0-9-]{1,64}$/,
      "Repositories, such as test/test, debdev/debdev, acme/default.",
    ),
    require_signatures: repositoryNames(
      "--require-signatures",
      "Repositories that take uploads signed by known keys only (what all but the sandbox test do).",
    ),
    allow_unauthenticated_uploads: repositoryNames(
      "--allow-unauthenticated-uploads",
      "Repositories that take uploads of anybody. For sandboxes; never on a public address.",
    ),
    chroots: words("--chroots", "CODENAME:ARCH", new RegExp(`^${CODENAME}:${ARCH}$`), "Chroots to make."),
    chroots_from_sources: bool(["--chroots-from-sources"], {
      doc: "A chroot for each distribution and architecture.",
    }),
  },
  result: setupReport,
});

/** The repositories may be those that the same call makes, so names are checked by form only. */
function repositoryNames(id: string, doc: string) {
  return words(id, "IDENTITY", /^[a-z0-9]{1,32}$/, doc);
}
