// Writes .oxlintrc.json. The dependency rule of docs/explanation/architecture.md is data here:
// a folder may import the folders of the levels below its own, never its neighbours or those above.
import { writeFileSync } from "node:fs";

/** Levels from the top down. */
const LEVELS = [
  ["daemon"],
  ["cli", "web", "http"],
  ["api"],
  ["packaging", "setup", "remotes"],
  ["repositories"],
  ["builds", "archive", "incoming"],
  ["notify"],
  ["chroots", "sources", "mail"],
  ["blocks"],
  ["accounts", "events", "jobs", "keys"],
  ["db"],
  ["platform"],
  ["deb"],
];

const restrict = (patterns) => ({ "no-restricted-imports": ["error", { patterns }] });

const overrides = LEVELS.flatMap((level, index) =>
  level.map((folder) => {
    const forbidden = LEVELS.slice(0, index + 1)
      .flat()
      .filter((other) => other !== folder);
    const groups = forbidden.flatMap((other) => [`#${other}`, `#${other}/*`]);
    return {
      files: [`src/${folder}/**`],
      rules: restrict([
        {
          group: groups,
          message: `src/${folder} may only import what lies below it (docs/explanation/architecture.md).`,
        },
        { group: ["**/src/**", "**/main.ts"], message: "Import another folder by its door: '#folder'." },
        ...LEVELS.flat()
          .filter((other) => other !== folder)
          .map((other) => ({
            group: [`../${other}/*`, `../../${other}/*`],
            message: `Import another folder by its door: '#${other}'.`,
          })),
      ]),
    };
  }),
);

const config = {
  $schema: "./node_modules/oxlint/configuration_schema.json",
  plugins: ["typescript", "import", "unicorn", "oxc", "promise"],
  ignorePatterns: ["dist", "node_modules"],
  rules: {
    "typescript/no-floating-promises": "error",
    "typescript/no-misused-promises": "error",
    "typescript/await-thenable": "error",
    "import/no-cycle": "error",
    "no-unused-vars": "error",
    // Services are plain objects made by factories; none of their functions knows a `this`.
    "typescript/unbound-method": "off",
    // Argument lists are grouped into rows by what belongs together; control characters are what some patterns are for.
    "unicorn/no-useless-spread": "off",
    "no-control-regex": "off",
    "max-lines": ["error", { max: 500, skipBlankLines: false, skipComments: false }],
  },
  overrides,
};
writeFileSync(new URL("../.oxlintrc.json", import.meta.url), `${JSON.stringify(config, null, 2)}\n`);
