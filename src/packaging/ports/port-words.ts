import { parseDistribution } from "#deb";
import type { NewEvent } from "#events";
import type { PortRequest } from "./port-store.ts";

/** Events that tell of ports. */

export function portMade(request: PortRequest, upload: number): NewEvent {
  return {
    ...subjectOf(request),
    ...{ type: "PORTED", upload, message: madeOf(request) },
    data: { ...factsOf(request), upload },
  };
}

export function portFailed(request: PortRequest, error: string): NewEvent {
  return {
    ...subjectOf(request),
    ...{ type: "PORTED", message: `port failed: ${error}` },
    data: { ...factsOf(request), error },
  };
}

/** The report of a test package (pipeline.md 8.3). */
export function testEnded(request: PortRequest, got: string): NewEvent {
  const { source, expected } = request;
  const error = got === expected ? undefined : `it ended as ${got}, not as ${expected}`;
  return {
    ...subjectOf(request),
    ...{ type: "PORTED", message: `test package ${source}: ${error ?? `it ended as ${got}, as it must`}` },
    data: {
      ...factsOf(request),
      ...{ package: source, expected, got },
      ...(error === undefined ? {} : { error }),
    },
  };
}

export function subjectOf(request: PortRequest) {
  const parts = parseDistribution(request.target);
  return {
    source: request.source,
    version: request.version,
    distribution: request.target,
    repository: parts?.repository,
    codename: parts?.codename,
    suite: parts?.suite,
    bkey: request.bkey,
  };
}

function factsOf({ target, version, url, from_distribution: from, vouched_by }: PortRequest) {
  return {
    ...{ target, version },
    ...(url === "" ? {} : { url, vouched_by }),
    ...(from === null ? {} : { from }),
  };
}

function madeOf({ kind, url, from_distribution: from, target }: PortRequest): string {
  if (url !== "") return `ported from ${url}`;
  if (from !== null) return from === target ? `rebuilt from ${from}` : `ported from ${from}`;
  return kind === "keyring" ? "made of the keys of this instance" : "made of the sources of this program";
}
