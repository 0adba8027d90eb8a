import { usualSeconds } from "#packaging";
import { Facts, Live, Note } from "../components/basics.tsx";
import { CallLink } from "../components/call-link.tsx";
import { StateBadge } from "../components/state-badge.tsx";
import { Duration, Time } from "../components/time.tsx";
import { renderDocument } from "../document.tsx";
import { explainBuild } from "../explain.ts";
import { formatBytes, formatSeconds } from "../format.ts";
import { type PageContext, type PageRequest, type PageResponse, pathNumber, queryNumber } from "../page.ts";
import { type ResultView, resultView } from "../read-model/build-result.ts";
import { type BuildOfPackaging, findBuild, lastGoodBuild } from "../read-model/packagings.ts";
import { lastEventId } from "../read-model/settings.ts";
import { waitReasons } from "../read-model/waiting.ts";
import { urls, withQuery } from "../urls.ts";
import { Artefacts, artefactsOf } from "./build-artefacts.tsx";
import { ErrorLines, LogSection, logOf, QaVerdicts } from "./build-log.tsx";
import { notFound } from "./error.tsx";
import { RetryHint } from "./packaging.tsx";

const ENDED = ["BUILT", "SKIPPED", "FAILED", "CANCELLED"];
const WAITING = ["QUEUED", "DEP_WAIT"];

/** One architecture of a packaging: what happened, why, and the log. */
export async function buildPage(context: PageContext, request: PageRequest): Promise<PageResponse> {
  const db = context.db.read;
  const id = pathNumber(request, "id");
  const after = await lastEventId(db);
  const build = id === undefined ? undefined : await findBuild(db, id);
  if (build === undefined) return notFound(context, request, "This build", ["/builds/", "all builds"]);
  const result = resultView(build.result);
  const ended = ENDED.includes(build.state);
  const wait = (await waitReasons(db, [build], context.clock.now(), context.engine())).get(build.id);
  const usual = ended ? undefined : (await usualSeconds(db, [build])).get(build.id);
  const good = build.state === "FAILED" ? await lastGoodBuild(db, build) : undefined;
  const attempts = await context.logs.attempts(build.id);
  const asked = queryNumber(request, "attempt");
  if (asked !== undefined && !attempts.includes(asked))
    return notFound(context, request, `A log of attempt ${asked}`, [urls.build(build.id), "the build"]);
  // Between two attempts, what there is to read is the log of the last one.
  const attempt = asked ?? (WAITING.includes(build.state) ? attempts[0] : undefined);
  // What was found out is about the newest attempt.
  const found = asked === undefined ? result : undefined;
  const log = await logOf(context, build, found, { line: queryNumber(request, "line"), attempt });
  const artefacts = await artefactsOf(context, build, result);
  return renderDocument(
    context,
    {
      title: `${build.source} ${build.version} on ${build.arch}`,
      section: "/builds/",
      principal: request.principal,
      ...(ended ? {} : { live: { after, source: build.source } }),
    },
    <>
      <Live name="build">
        <div class="page-head">
          <h1>
            <a href={urls.package(build.source)}>{build.source}</a>{" "}
            <span class="version">{build.version}</span> <span class="arch">{build.arch}</span>
          </h1>
          <StateBadge state={build.state} />
        </div>
        <Why build={build} wait={wait} good={good} />
        <ErrorLines
          buildId={build.id}
          log={log}
          result={found}
          state={asked === undefined ? build.state : ""}
        />
        <Facts facts={factsOf(build, result, usual)} />
        <QaVerdicts buildId={build.id} result={result} log={log} />
      </Live>
      <LogSection {...{ build, log, attempts }} result={found} ended={ended || attempt !== undefined} />
      <Live name="after">
        <Artefacts artefacts={artefacts} />
        {build.state === "FAILED" || build.state === "CANCELLED" ? (
          <RetryHint url={context.url} bkey={build.bkey} />
        ) : null}
      </Live>
    </>,
  );
}

function Why(props: {
  readonly build: BuildOfPackaging;
  readonly wait: string | undefined;
  readonly good: BuildOfPackaging | undefined;
}) {
  const { build, wait, good } = props;
  if (wait !== undefined)
    return (
      <Note tone="wait">
        <strong>Waiting:</strong> {wait}.
      </Note>
    );
  if (build.state === "CANCELLED")
    return <Note tone="quiet">{build.message ?? "The build was cancelled."}</Note>;
  if (build.state === "SKIPPED")
    return <Note tone="quiet">{build.message ?? "There is nothing to build on this architecture."}</Note>;
  if (build.state !== "FAILED") return null;
  const reason = explainBuild(build.reason);
  return (
    <Note tone="bad">
      <p>
        <strong>{reason?.what ?? "The build failed."}</strong> {build.message}
      </p>
      {reason === undefined ? null : <p>{reason.next}</p>}
      {good === undefined ? null : (
        <p>
          It last built well as{" "}
          <a href={urls.build(good.id)}>
            {good.version} in {good.distribution}
          </a>
          , <Time at={good.ended_at} />
          {good.version === build.version ? null : (
            <CallLink
              name="debdiff"
              given={{ source: build.source, version_a: good.version, version_b: build.version }}
            >
              {" "}
              (what changed since)
            </CallLink>
          )}
          .
        </p>
      )}
    </Note>
  );
}

function factsOf(build: BuildOfPackaging, result: ResultView | undefined, usual: number | undefined) {
  const made = [build.build_any === 1 ? build.arch : "", build.build_all === 1 ? "all" : ""].filter(
    (word) => word !== "",
  );
  return [
    ["Packaging", <a href={urls.packaging(build.packaging_id)}>{build.distribution}</a>],
    ["Packages for", `${made.join(" and ")}${build.optional === 1 ? " (optional)" : ""}`],
    ["Queued", <Time at={build.queued_at} />],
    ["Started", build.started_at === null ? undefined : <Time at={build.started_at} />],
    ["Ended", build.ended_at === null ? undefined : <Time at={build.ended_at} />],
    [
      build.ended_at === null ? "Running for" : "Took",
      build.started_at === null ? undefined : <Duration from={build.started_at} to={build.ended_at} />,
    ],
    ["Usually takes", usual === undefined ? undefined : formatSeconds(usual)],
    [
      "Of that",
      result === undefined || result.times.length === 0
        ? undefined
        : result.times.map(([name, seconds]) => `${name} ${formatSeconds(seconds)}`).join(", "),
    ],
    ["Attempt", build.attempt === 0 ? undefined : String(build.attempt)],
    ["Builder", build.worker ?? undefined],
    ["Chroot", result?.chrootStamp],
    ["Blocks", result === undefined || result.blocks.length === 0 ? undefined : result.blocks.join(", ")],
    ["Missing", result === undefined || result.missing.length === 0 ? undefined : result.missing.join(", ")],
    ["Memory", result?.peakMemoryBytes === undefined ? undefined : formatBytes(result.peakMemoryBytes)],
    ["Ended in stage", result?.failStage],
    ["sbuild says", result?.status],
    ["Exit code", result?.exitCode === undefined ? undefined : String(result.exitCode)],
    [
      "Results",
      build.files_expired_at === null ? undefined : (
        <>
          expired <Time at={build.files_expired_at} />
        </>
      ),
    ],
    [
      "Log",
      build.log_expired_at === null ? undefined : (
        <>
          expired <Time at={build.log_expired_at} />
        </>
      ),
    ],
    ["Build key", <code class="bkey">{build.bkey}</code>],
    [
      "Others",
      <a href={withQuery("/builds/", { source: build.source, arch: build.arch })}>
        builds of {build.source} on {build.arch}
      </a>,
    ],
  ] as const;
}
