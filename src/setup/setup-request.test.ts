import { expect, test } from "vitest";
import { parseWantedDistribution, parseWantedRepository, type SetupRequest } from "./setup-request.ts";

const request = (more: Partial<SetupRequest> = {}): SetupRequest => ({
  archives: [],
  archivesFromAptSources: false,
  sources: [],
  distributions: [],
  repositories: [],
  requireSignatures: [],
  allowUnauthenticatedUploads: [],
  chroots: [],
  chrootsFromSources: false,
  dryRun: false,
  ...more,
});

test.each([
  ["bookworm:amd64+arm64", ["amd64", "arm64"]],
  ["bookworm:native", ["amd64"]],
  ["bookworm:native+amd64+arm64", ["amd64", "arm64"]],
])("%s", (text, architectures) => {
  expect(parseWantedDistribution(text, "amd64")).toEqual({ codename: "bookworm", architectures });
});

test.each([
  ["test/test", {}, "Default", true],
  ["test/test", { requireSignatures: ["test"] }, "Default", false],
  ["acme/default", {}, "Default", false],
  ["acme/default", { allowUnauthenticatedUploads: ["acme"] }, "Default", true],
  ["mine/debdev", {}, "Debian Developer", false],
])("%s %j", (text, more, layout, allowUnauthenticatedUploads) => {
  const [identity] = text.split("/");
  expect(parseWantedRepository(text, request(more))).toEqual({
    identity,
    layout,
    allowUnauthenticatedUploads,
  });
});

test("debdev is for sid, and takes uploads of Debian's developers", () => {
  expect(parseWantedRepository("debdev/debdev", request())).toEqual({
    ...{ identity: "debdev", layout: "Debian Developer", allowUnauthenticatedUploads: false },
    ...{ codename: "sid", extraUploaderKeyrings: ["/usr/share/keyrings/debian-keyring.gpg"] },
  });
});

test("an own layout goes by its name", () => {
  expect(parseWantedRepository("acme/small", request(), ["small"]).layout).toBe("small");
});

test("an unknown layout names the known ones", () => {
  expect(() => parseWantedRepository("acme/none", request())).toThrow("known: test, default");
});
