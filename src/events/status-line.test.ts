import { expect, test } from "vitest";
import { statusLine } from "./index.ts";

const HELLO = { distribution: "bookworm-test-unstable", source: "hello", version: "1.0" };
const builds = (...states: [string, string][]) => ({
  builds: states.map(([arch, state]) => ({ arch, state })),
});

test.each([
  [
    {
      type: "INSTALLED",
      ...HELLO,
      message: "installed",
      data: builds(["amd64", "BUILT"], ["armhf", "SKIPPED"]),
    },
    "INSTALLED (bookworm-test-unstable): hello 1.0 [+amd64, ~armhf]: installed",
  ],
  [
    { type: "FAILED", ...HELLO, message: "no", data: builds(["amd64", "FAILED"], ["arm64", "CANCELLED"]) },
    "FAILED (bookworm-test-unstable): hello 1.0 [-amd64, -arm64]: no",
  ],
  [
    {
      type: "PACKAGING",
      ...HELLO,
      message: "2 builds",
      data: builds(["amd64", "QUEUED"], ["arm64", "BUILT"]),
    },
    "PACKAGING (bookworm-test-unstable): hello 1.0 [amd64, +arm64]: 2 builds",
  ],
  [
    { type: "BUILT", ...HELLO, arch: "amd64", message: "built", data: { state: "BUILT" } },
    "BUILT (bookworm-test-unstable): hello 1.0 [+amd64]: built",
  ],
  [
    { type: "BUILDING", ...HELLO, arch: "amd64", message: "building on amd64", data: {} },
    "BUILDING (bookworm-test-unstable): hello 1.0 [amd64]: building on amd64",
  ],
  [
    { type: "MIGRATED", ...HELLO, message: "migrated", data: {} },
    "MIGRATED (bookworm-test-unstable): hello 1.0: migrated",
  ],
  [
    { type: "REJECTED", message: "one\r\n two\u2028three", data: { builds: "nonsense" } },
    "REJECTED: one two three",
  ],
  [{ type: "BUILDER", message: "the engine runs", data: { builds: 2 } }, "BUILDER: the engine runs"],
])("%j", (event, line) => expect(statusLine(event)).toBe(line));
