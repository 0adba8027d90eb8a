import { CHECK_TOOLS } from "#builds";
import { EmptyState, Note, Section } from "../components/basics.tsx";
import { StateBadge } from "../components/state-badge.tsx";
import { renderFragment } from "../document.tsx";
import { formatBytes } from "../format.ts";
import type { LogSummary } from "../log/log-index.ts";
import { type LogWindow, readLines, readWindow } from "../log/log-lines.ts";
import { LogLines, LogText } from "../log/log-view.tsx";
import { type PageContext, type PageRequest, type PageResponse, pathNumber, queryText } from "../page.ts";
import type { LineView, QaView, ResultView } from "../read-model/build-result.ts";
import type { BuildOfPackaging } from "../read-model/packagings.ts";
import { urls } from "../urls.ts";
import { Attempts, LEAD_LINES, LogNav, WINDOW_LINES } from "./build-log-nav.tsx";

/** Lines of one answer to a page that follows a log. */
const FOLLOW_LINES = 1000;

export interface LogOfBuild {
  readonly summary: LogSummary;
  readonly window: LogWindow;
  readonly first: number;
  /** The line asked for, if any. */
  readonly line: number | undefined;
  /** The earlier attempt whose log it is. */
  readonly attempt: number | undefined;
}

/** The part of the log to show: around `line`, else where it went wrong, else its end. */
export async function logOf(
  context: PageContext,
  build: BuildOfPackaging,
  result: ResultView | undefined,
  { line, attempt }: Pick<LogOfBuild, "line" | "attempt">,
): Promise<LogOfBuild | undefined> {
  const name = { build: build.id, attempt, fence: build.fence };
  const summary = await context.logIndex.summary(name);
  if (summary === undefined) return undefined;
  const last = Math.max(1, summary.lines - WINDOW_LINES + 1);
  const cause = build.state === "FAILED" ? causeOf(result, summary) : undefined;
  const target = line ?? cause;
  const first = target === undefined ? last : Math.max(1, Math.min(target - LEAD_LINES, summary.lines));
  const window = await readWindow(context.logs, name, summary, first, WINDOW_LINES);
  return { summary, window, first, line, attempt };
}

function causeOf(result: ResultView | undefined, summary: LogSummary): number | undefined {
  const verdict = result?.qa.find(({ tool, lines }) => !hasOwnLog(tool) && lines.length > 0)?.lines;
  return (errorLinesOf(result, summary)[0] ?? verdict?.[0])?.line;
}

/** The lines that say why, before everything else. */
export function ErrorLines(props: {
  readonly buildId: number;
  readonly log: LogOfBuild | undefined;
  readonly result: ResultView | undefined;
  readonly state: string;
}) {
  const errors = errorLinesOf(props.result, props.log?.summary);
  // Good builds print the word error too (in the output of tests, for one).
  if (errors.length === 0 || props.state === "BUILT" || props.state === "SKIPPED") return null;
  return (
    <Section
      title={props.state === "FAILED" ? "The lines that say why" : "Lines that look like errors"}
      id="why"
    >
      <FindingList buildId={props.buildId} attempt={props.log?.attempt} findings={errors} />
    </Section>
  );
}

/** Those that the builder found, else (it still runs) those found in the log so far. */
function errorLinesOf(result: ResultView | undefined, summary: LogSummary | undefined): readonly LineView[] {
  if (result !== undefined && result.errorLines.length > 0) return result.errorLines;
  return summary?.findings.filter(({ kind }) => kind === "error") ?? [];
}

function FindingList(props: {
  readonly buildId: number;
  readonly attempt?: number | undefined;
  readonly findings: readonly LineView[];
  /** Where all of them stand, when that is not the log on this page. */
  readonly href?: string | undefined;
}) {
  return (
    <ol class="findings">
      {props.findings.map((finding, index) => (
        <li key={index}>
          <a href={props.href ?? urls.buildLine(props.buildId, finding.line, props.attempt)}>
            <span class="visually-hidden">Line </span>
            {finding.line}
          </a>
          <LogText text={finding.text} />
        </li>
      ))}
    </ol>
  );
}

/** Each tool's verdict with the lines it stands on. */
export function QaVerdicts(props: {
  readonly buildId: number;
  readonly result: ResultView | undefined;
  readonly log: LogOfBuild | undefined;
}) {
  const tools = props.result?.qa.filter((tool) => tool.result !== "SKIPPED") ?? [];
  if (tools.length === 0) return null;
  return (
    <Section title="Quality checks" id="qa">
      {tools.map((tool) => (
        <div key={tool.tool} class="verdict">
          <h3>
            {tool.tool} <StateBadge state={tool.result} />
          </h3>
          <p class="why">
            {verdictWords(tool)}
            {hasOwnLog(tool.tool) ? (
              <>
                {" · "}
                <a href={urls.checkLog(props.buildId, tool.tool)}>Log of {tool.tool}</a>
              </>
            ) : null}
          </p>
          <FindingList
            buildId={props.buildId}
            href={hasOwnLog(tool.tool) ? urls.checkLog(props.buildId, tool.tool) : undefined}
            findings={
              tool.lines.length > 0
                ? tool.lines
                : (props.log?.summary.findings.filter(({ kind }) => kind === tool.tool) ?? [])
            }
          />
        </div>
      ))}
    </Section>
  );
}

/** lintian runs within the build; the others after it. */
function hasOwnLog(tool: string): boolean {
  return CHECK_TOOLS.some((name) => name === tool);
}

const VERDICTS: Readonly<Record<string, string>> = {
  PASS: "nothing to object",
  WARN: "warnings",
  FAIL: "it found errors",
  ERROR: "the tool could not do its work",
  NOTESTS: "the package has no tests",
};

function verdictWords(tool: QaView): string {
  const parts = [
    VERDICTS[tool.result] ?? "",
    tool.counts,
    tool.mode === undefined ? "" : `mode ${tool.mode}`,
  ];
  return parts.filter((part) => part !== "").join(" · ");
}

/** The log, as a window of lines that goes on by itself while the build runs. */
export function LogSection(props: {
  readonly build: BuildOfPackaging;
  readonly log: LogOfBuild | undefined;
  readonly result: ResultView | undefined;
  /** No more of it will come. */
  readonly ended: boolean;
  /** Earlier attempts that a log is kept of. */
  readonly attempts: readonly number[];
}) {
  const { build, log, result, ended, attempts } = props;
  const atEnd = log !== undefined && log.window.nextLine > log.summary.lines;
  const follow = !ended && (log === undefined || (atEnd && log.line === undefined));
  if (log === undefined && ended)
    return (
      <Section title="Log">
        <EmptyState title="There is no log.">
          <p>
            {build.state === "SKIPPED"
              ? "Nothing was built."
              : "The build never began, or its log was removed by retention."}
          </p>
        </EmptyState>
      </Section>
    );
  const marked = new Set(
    build.state === "FAILED" ? errorLinesOf(result, log?.summary).map(({ line }) => line) : [],
  );
  if (log?.line !== undefined) marked.add(log.line);
  return (
    <Section
      title="Log"
      actions={
        <span>
          {log === undefined ? null : (
            <span class="why">{`${formatBytes(log.summary.sizeBytes)}, ${log.summary.lines.toLocaleString("en-US")} lines `}</span>
          )}
          <a href={urls.rawLog(build.id, log?.attempt)}>Raw log</a>
        </span>
      }
    >
      <Attempts build={build} attempts={attempts} shown={log?.attempt} />
      {log === undefined ? (
        <Note tone="quiet">The log appears here when the build begins.</Note>
      ) : (
        <LogNav build={build} log={log} />
      )}
      {/* biome-ignore-start lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
      <section
        class="log"
        tabIndex={0}
        aria-label="Build log"
        data-log={follow ? urls.logLines(build.id) : undefined}
        data-offset={log?.window.nextOffset ?? 0}
        data-line={log?.window.nextLine ?? 1}
      >
        {log === undefined ? null : (
          <LogLines buildId={build.id} attempt={log.attempt} lines={log.window.lines} marked={marked} />
        )}
      </section>
      {/* biome-ignore-end lint/a11y/noNoninteractiveTabindex: see above */}
      {follow ? (
        <p class="log-foot" data-log-foot>
          <span class="why" data-log-state role="status">
            The build goes on; reload to see more.
          </span>
        </p>
      ) : null}
    </Section>
  );
}

/** The lines behind a byte, for a page that follows the log; headers say where the next ones begin. */
export async function logLinesFragment(context: PageContext, request: PageRequest): Promise<PageResponse> {
  const id = pathNumber(request, "id");
  const offset = position(queryText(request, "offset"));
  const line = position(queryText(request, "line"));
  if (id === undefined || offset === undefined || line === undefined || line < 1)
    return { status: 400, html: "" };
  const window = await readLines(context.logs, { build: id }, offset, line, FOLLOW_LINES);
  const { lines, nextOffset, nextLine, ended } = window ?? {
    lines: [],
    nextOffset: offset,
    nextLine: line,
    ended: false,
  };
  return {
    status: 200,
    html: renderFragment(context, <LogLines buildId={id} lines={lines} />),
    headers: {
      "cache-control": "no-store",
      "x-log-offset": String(nextOffset),
      "x-log-line": String(nextLine),
      "x-log-ended": ended ? "yes" : "no",
    },
  };
}

function position(text: string): number | undefined {
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}
