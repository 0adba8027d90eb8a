import type { BuildOfPackaging } from "../read-model/packagings.ts";
import { urls, withQuery } from "../urls.ts";
import type { LogOfBuild } from "./build-log.tsx";

/** Lines on one page, and how many of them come before the line that was asked for. */
export const WINDOW_LINES = 250;
export const LEAD_LINES = 12;

/** Logs of what was tried before. */
export function Attempts(props: {
  readonly build: BuildOfPackaging;
  readonly attempts: readonly number[];
  readonly shown: number | undefined;
}) {
  const { build, attempts, shown } = props;
  if (attempts.length === 0) return null;
  return (
    <p class="why">
      {shown === undefined ? null : (
        <>
          This is the log of attempt {shown}, which has ended; here is{" "}
          <a href={urls.build(build.id)}>the build as it is now</a>.{" "}
        </>
      )}
      Logs of earlier attempts:
      {attempts.map((attempt) => (
        <>
          {" "}
          <a key={attempt} href={urls.buildAttempt(build.id, attempt)}>
            {attempt}
          </a>
        </>
      ))}
    </p>
  );
}

/** Ways to the other parts of a log. */
export function LogNav({ build, log }: { readonly build: BuildOfPackaging; readonly log: LogOfBuild }) {
  const { summary, window, first, attempt } = log;
  const end = window.nextLine - 1;
  const at = (line: number) => {
    const within = Math.max(1, Math.min(line, summary.lines));
    return `${withQuery(urls.build(build.id), { attempt, line: within })}#log`;
  };
  return (
    <nav class="log-nav" aria-label="Parts of the log">
      <span class="why">
        Lines {first.toLocaleString("en-US")} to {end.toLocaleString("en-US")}
      </span>
      {first > 1 ? <a href={at(1)}>Begin</a> : null}
      {first > 1 ? <a href={at(first - WINDOW_LINES + LEAD_LINES)}>Earlier</a> : null}
      {end < summary.lines ? <a href={at(end + LEAD_LINES + 1)}>Later</a> : null}
      {end < summary.lines ? <a href={at(summary.lines - WINDOW_LINES + LEAD_LINES)}>End</a> : null}
      <form method="get" action={urls.build(build.id)}>
        {attempt === undefined ? null : <input type="hidden" name="attempt" value={attempt} />}
        <label>
          Line <input type="text" inputmode="numeric" name="line" size={6} pattern="[0-9]+" maxlength={9} />
        </label>
        <button type="submit">Go</button>
      </form>
    </nav>
  );
}
