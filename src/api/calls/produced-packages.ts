import { z } from "zod";
import { bool, distributions, list } from "../arguments/index.ts";
import { defineCall } from "../call.ts";
import { portOutcome } from "./port-ext.ts";

export const TEST_PACKAGES = ["mbd-test-archall", "mbd-test-cpp", "mbd-test-ftbfs"] as const;

export const keyringPackages = defineCall({
  name: "keyring_packages",
  doc: `Build keyring packages

Builds a package with the keys and APT sources of this instance for each distribution, and migrates it along all its suites once it is installed.`,
  level: "ADMIN",
  needsRunning: true,
  confirm: true,
  arguments: {
    distributions: distributions(["--distributions", "-D"], {
      doc: "Distributions; every suite that builds keyring packages unless some are named.",
      choices: "keyring_distributions",
    }),
    without_migration: bool(["--without-migration"], { doc: "Leave the packages where they are built for." }),
  },
  result: z.array(portOutcome),
});

export const testPackages = defineCall({
  name: "test_packages",
  doc: `Build test packages

Builds packages that come with mini-buildd and says whether they end as they must.`,
  level: "ADMIN",
  needsRunning: true,
  confirm: true,
  arguments: {
    sources: list(["--sources", "-s"], {
      doc: `Test packages: ${TEST_PACKAGES.join(", ")}.`,
      default: TEST_PACKAGES,
      choices: TEST_PACKAGES,
      check: (item) =>
        TEST_PACKAGES.some((name) => name === item)
          ? undefined
          : `'${item}' is not one of: ${TEST_PACKAGES.join(", ")}`,
    }),
    distributions: distributions(["--distributions", "-D"], {
      doc: "Distributions; every suite named experimental unless some are named.",
      choices: "experimental_distributions",
    }),
    wait: bool(["--wait"], { doc: "Answer when all have ended." }),
  },
  result: z.array(
    portOutcome.extend({ source: z.string(), expected: z.string(), got: z.string().optional() }),
  ),
});
