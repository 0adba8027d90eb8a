import { type NewRow, nextNumber, type Tx } from "#db";
import { ago, type Seeded } from "./moment.ts";

/** Uploads, packagings, builds and the events they made. */
export async function seedPipeline(tx: Tx): Promise<Seeded> {
  const installed = await seedPackaging(tx, {
    source: "hello",
    version: "2.10-3~acme12+3",
    state: "INSTALLED",
    minutes: 95,
    builds: [
      { arch: "amd64", state: "BUILT", seconds: 134 },
      { arch: "arm64", state: "BUILT", seconds: 611 },
    ],
  });
  const failed = await seedPackaging(tx, {
    source: "libacme",
    version: "1:4.3.0-1~acme12+1",
    state: "FAILED",
    reason: "package",
    message: "Build failed on amd64.",
    minutes: 42,
    builds: [
      {
        arch: "amd64",
        state: "FAILED",
        seconds: 208,
        reason: "package",
        message: "dpkg-buildpackage ended with exit code 2.",
      },
      { arch: "arm64", state: "CANCELLED", message: "A mandatory build failed." },
    ],
  });
  await seedPackaging(tx, {
    source: "acme-tools",
    version: "0.9~rc3~acme12+1",
    state: "FAILED",
    reason: "qa",
    minutes: 1600,
    builds: [{ arch: "amd64", state: "FAILED", seconds: 61, reason: "qa", message: "lintian: 2 errors." }],
  });
  const running = await seedPackaging(tx, {
    source: "hello",
    version: "2.10-3~acme12+4",
    state: "BUILDING",
    minutes: 2,
    builds: [
      { arch: "amd64", state: "BUILDING", runningSeconds: 71 },
      { arch: "arm64", state: "QUEUED" },
    ],
  });
  await seedPackaging(tx, {
    source: "nginx-module-acme",
    version: "1.26.0-1~acme13+1",
    state: "BUILDING",
    codename: "trixie",
    minutes: 11,
    builds: [
      { arch: "amd64", state: "DEP_WAIT", message: "waits for libacme-dev (>= 1:4.3), which is being built" },
      { arch: "arm64", state: "QUEUED" },
    ],
  });
  const uploads = await seedUploads(tx);
  return {
    builds: {
      good: installed.builds[0] ?? 0,
      failed: failed.builds[0] ?? 0,
      running: running.builds[0] ?? 0,
      waiting: running.builds[1] ?? 0,
    },
    packagings: { installed: installed.id, failed: failed.id, running: running.id },
    uploads: { rejected: uploads.rejected, accepted: installed.upload },
  };
}

interface BuildSpec {
  readonly arch: string;
  readonly state: string;
  readonly seconds?: number;
  readonly runningSeconds?: number;
  readonly reason?: string;
  readonly message?: string;
}

interface PackagingSpec {
  readonly source: string;
  readonly version: string;
  readonly state: string;
  readonly minutes: number;
  readonly builds: readonly BuildSpec[];
  readonly reason?: string;
  readonly message?: string;
  readonly codename?: string;
}

export async function seedPackaging(
  tx: Tx,
  spec: PackagingSpec,
): Promise<{ id: number; upload: number; builds: number[] }> {
  const { source, version, state, minutes } = spec;
  const codename = spec.codename ?? "bookworm";
  const distribution = `${codename}-acme-unstable`;
  const ended = ["INSTALLED", "FAILED", "CANCELLED"].includes(state);
  const upload = await seedUpload(tx, {
    changes_name: `${source}_${version.replace(/^[0-9]+:/, "")}_source.changes`,
    state: "ACCEPTED",
    source,
    version,
    distribution,
    requested_distribution: distribution,
    component: "main",
    signer: "41C9E5D2A8B74F30961C5E8D2B7A4F1093E6D58C",
    created_at: ago(minutes),
    ended_at: ago(minutes),
  });
  const bkey = `${source}/${version}/20260305T${String(minutes).padStart(6, "0")}Z/source`;
  const { id } = await tx
    .insertInto("packaging")
    .values({
      bkey,
      upload_id: upload,
      repository: "acme",
      distribution,
      codename,
      suite: "unstable",
      component: "main",
      source,
      version,
      dsc: `${source}.dsc`,
      options: '{"lintian-mode":"ERRFAIL"}',
      changed_by: "Ada Byron <ada@acme.example>",
      state,
      reason: spec.reason ?? null,
      message: spec.message ?? null,
      accepted_no: await nextNumber(tx, "accepted"),
      created_at: ago(minutes),
      ended_at: ended ? ago(minutes - 12) : null,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  const place = {
    source,
    version,
    distribution,
    repository: "acme",
    codename,
    suite: "unstable",
    packaging: id,
  };
  await seedEvent(tx, {
    ...place,
    type: "PACKAGING",
    bkey,
    message: "accepted, building",
    time: ago(minutes),
  });
  const builds: number[] = [];
  for (const build of spec.builds) builds.push(await seedBuild(tx, place, bkey, minutes, build));
  if (ended)
    await seedEvent(tx, {
      ...place,
      type: state,
      bkey,
      message: spec.message ?? state.toLowerCase(),
      time: ago(minutes - 12),
    });
  return { id, upload, builds };
}

type EventPlace = Pick<
  NewRow<"event">,
  "source" | "version" | "distribution" | "repository" | "codename" | "suite"
> & {
  readonly packaging: number;
};

async function seedBuild(
  tx: Tx,
  place: EventPlace,
  bkey: string,
  minutes: number,
  spec: BuildSpec,
): Promise<number> {
  const { arch, state, seconds, runningSeconds } = spec;
  const startedAt =
    runningSeconds === undefined
      ? seconds === undefined
        ? null
        : ago(minutes - 0.5)
      : ago(runningSeconds / 60);
  const endedAt = seconds === undefined ? null : ago(minutes - 0.5 - seconds / 60);
  const { id } = await tx
    .insertInto("build")
    .values({
      packaging_id: place.packaging,
      source: place.source ?? "",
      distribution: place.distribution ?? "",
      bkey: `${bkey} ${arch}`,
      codename: place.codename ?? "",
      arch,
      build_any: 1,
      build_all: arch === "amd64" ? 1 : 0,
      optional: arch === "arm64" ? 1 : 0,
      state,
      reason: spec.reason ?? null,
      message: spec.message ?? null,
      attempt: startedAt === null ? 0 : 1,
      fence: 1,
      cancel_requested: 0,
      worker: startedAt === null ? null : "packages/1",
      result: endedAt === null ? null : JSON.stringify(resultOf(place, spec)),
      queued_at: ago(minutes),
      started_at: startedAt,
      ended_at: state === "CANCELLED" ? ago(minutes - 5) : endedAt,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  const event = { ...place, arch, bkey: `${bkey} ${arch}`, build: id };
  if (startedAt !== null)
    await seedEvent(tx, { ...event, type: "BUILDING", message: "building", time: startedAt });
  if (endedAt !== null)
    await seedEvent(tx, {
      ...event,
      type: "BUILT",
      message: spec.message ?? "built",
      data: JSON.stringify({ state }),
      time: endedAt,
    });
  return id;
}

/** A result as builds.md 1 has it. */
function resultOf(place: EventPlace, spec: BuildSpec) {
  const { source, version } = place;
  const lintian = {
    mode: "ERRFAIL",
    result: spec.reason === "qa" ? "FAIL" : spec.reason === "package" ? "SKIPPED" : "WARN",
    exit: 0,
    counts: { warning: 1 },
    lines: [
      { line: 31, text: `W: ${source}: initial-upload-closes-no-bugs [usr/share/doc/changelog.Debian.gz:1]` },
    ],
  };
  const none = { mode: "DISABLED", result: "SKIPPED", exit: null, counts: {}, lines: [] };
  const fileVersion = String(version).replace(/^[0-9]+:/, "");
  return {
    class: spec.state === "BUILT" ? "built" : "failed",
    exitCode: spec.state === "BUILT" ? 0 : 2,
    failStage: spec.reason === "package" ? "build" : null,
    status: spec.state === "BUILT" ? "successful" : "attempted",
    qa: { lintian, autopkgtest: none, piuparts: none },
    times: { sbuildMs: 120_000, totalMs: 130_000, installSeconds: 21, buildSeconds: 74 },
    peakMemoryBytes: 412_000_000,
    chrootStamp: "20260303T030000Z",
    blocks: ["ccache 1", "own 4"],
    missing: [],
    errorLines: [],
    files:
      spec.state === "BUILT"
        ? [
            { name: `${source}_${fileVersion}_${spec.arch}.deb`, size: 53_044, sha256: "b".repeat(64) },
            { name: `${source}_${fileVersion}_${spec.arch}.buildinfo`, size: 6210, sha256: "c".repeat(64) },
          ]
        : [],
  };
}

export async function seedEvent(
  tx: Tx,
  event: Omit<NewRow<"event">, "id" | "actor" | "data"> & { data?: string },
): Promise<number> {
  const id = await nextNumber(tx, "event");
  await tx
    .insertInto("event")
    .values({ data: "{}", ...event, id, actor: JSON.stringify({ kind: "system", name: "acme" }) })
    .execute();
  return id;
}

type UploadSpec = Partial<NewRow<"upload">> & Pick<NewRow<"upload">, "changes_name" | "state" | "created_at">;

async function seedUpload(tx: Tx, spec: UploadSpec): Promise<number> {
  const { id } = await tx
    .insertInto("upload")
    .values({
      origin: "http",
      changes_sha256: "d".repeat(64),
      errors: "[]",
      received_from: "192.0.2.17",
      ...spec,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  await tx
    .insertInto("upload_file")
    .values([
      { upload_id: id, name: spec.changes_name, size: 2210, sha256: "d".repeat(64) },
      {
        upload_id: id,
        name: spec.changes_name.replace("_source.changes", ".dsc"),
        size: 1533,
        sha256: "e".repeat(64),
      },
      {
        upload_id: id,
        name: spec.changes_name.replace("_source.changes", ".debian.tar.xz"),
        size: 12_820,
        sha256: "f".repeat(64),
      },
    ])
    .execute();
  return id;
}

async function seedUploads(tx: Tx): Promise<{ rejected: number }> {
  const rejected = await seedUpload(tx, {
    changes_name: "hello_2.10-4_source.changes",
    state: "REJECTED",
    reason: "version_restriction",
    errors: JSON.stringify([
      {
        code: "version_restriction",
        message:
          "Version '2.10-4' of hello does not fit bookworm-acme-unstable: it lacks the part '~acme12+1'.",
      },
      {
        code: "signature_unknown_key",
        message: "hello_2.10-4_source.changes is signed by key 0F3A…, which is not known here.",
      },
      {
        code: "source_incomplete",
        message:
          "hello_2.10.orig.tar.gz, which hello_2.10-4.dsc needs, is neither in the upload nor in the repository.",
      },
    ]),
    source: "hello",
    version: "2.10-4",
    distribution: "bookworm-acme-unstable",
    requested_distribution: "bookworm-acme-unstable",
    created_at: ago(18),
    ended_at: ago(18),
  });
  await seedEvent(tx, {
    type: "REJECTED",
    message: "Version '2.10-4' of hello does not fit bookworm-acme-unstable.",
    source: "hello",
    version: "2.10-4",
    distribution: "bookworm-acme-unstable",
    upload: rejected,
    time: ago(18),
  });
  await seedUpload(tx, {
    changes_name: "acme-tools_0.9~rc4~acme12+1_source.changes",
    state: "VERIFYING",
    created_at: ago(0.1),
  });
  return { rejected };
}
