import type { ArgumentView, Problem } from "#api";
import { Control } from "./control.tsx";
import { labelOf } from "./label.ts";

/** Choices and defaults are told in words up to this length. */
const MAX_WORDS = 160;

/** One argument: its name, where to enter it, what it means, and what is wrong with what was entered. */
export function Field(props: {
  readonly argument: ArgumentView;
  readonly given: string | undefined;
  readonly problem: Problem | undefined;
}) {
  const { argument, given, problem } = props;
  const id = `argument-${argument.name}`;
  const described = problem === undefined ? `${id}-doc` : `${id}-problem ${id}-doc`;
  const label = (
    <label for={id}>
      {labelOf(argument)}
      {argument.required ? <span class="need"> (required)</span> : null}
    </label>
  );
  const control = (
    <Control id={id} argument={argument} given={given} described={described} bad={problem !== undefined} />
  );
  return (
    <div class={problem === undefined ? "argument" : "argument wrong"}>
      <div class={argument.html === "checkbox" ? "argument-head switch" : "argument-head"}>
        {argument.html === "checkbox" ? control : null}
        {label}
        {argument.positional ? null : <code>{argument.ids.join(", ")}</code>}
      </div>
      {argument.html === "checkbox" ? null : control}
      {problem === undefined ? null : (
        <p class="argument-problem" id={`${id}-problem`} role="alert">
          {problem.detail}
          {problem.hint === undefined ? "" : ` ${problem.hint}`}
        </p>
      )}
      <p class="argument-doc" id={`${id}-doc`}>
        {argument.doc}
        {defaultWords(argument)}
      </p>
    </div>
  );
}

function defaultWords(argument: ArgumentView): string {
  if (argument.required || !argument.needs_value || argument.default === "") return "";
  const text = argument.default;
  return ` Unless given: ${text.length > MAX_WORDS ? `${text.slice(0, MAX_WORDS)}…` : text}`;
}
