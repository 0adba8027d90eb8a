import { urls } from "../urls.ts";
import { ansiSegments } from "./ansi.ts";
import type { LogLine } from "./log-lines.ts";

/** Lines of a log, each with its number as a lasting address. */
export function LogLines(props: {
  readonly buildId: number;
  /** The earlier attempt whose log it is. */
  readonly attempt?: number | undefined;
  readonly lines: readonly LogLine[];
  /** Numbers of lines to point out. */
  readonly marked?: ReadonlySet<number>;
}) {
  return (
    <>
      {props.lines.map(({ number, text }) => (
        <div key={number} id={`L${number}`} class={props.marked?.has(number) ? "line hit" : "line"}>
          <a
            href={urls.buildLine(props.buildId, number, props.attempt)}
            tabIndex={-1}
            aria-label={`Line ${number}`}
          >
            {number}
          </a>
          <LogText text={text} />
        </div>
      ))}
    </>
  );
}

/** One line of terminal output. */
export function LogText({ text }: { readonly text: string }) {
  return (
    <code>
      {ansiSegments(text).map((segment, index) =>
        segment.classes === "" ? (
          segment.text
        ) : (
          <span key={index} class={segment.classes}>
            {segment.text}
          </span>
        ),
      )}
    </code>
  );
}
