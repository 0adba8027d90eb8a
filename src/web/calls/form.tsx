import { hasLevel, type Principal } from "#accounts";
import type { ArgumentView, CallDefinition, CallPage, CallView, Problem } from "#api";
import { Note } from "../components/basics.tsx";
import { urls } from "../urls.ts";
import { Field } from "./field.tsx";
import { CallHead } from "./head.tsx";
import { SameCall } from "./same-call.tsx";

/** The form of a call: what it needs first, then what it may be told. */
export function CallForm(
  props: CallPage & { readonly problem?: Problem | undefined; readonly here: string; readonly url: string },
) {
  const { definition, view, given, problem } = props;
  const required = view.arguments.filter((argument) => argument.required);
  const optional = view.arguments.filter((argument) => !argument.required);
  const fields = (list: readonly ArgumentView[]) =>
    list.map((argument) => (
      <Field
        key={argument.name}
        argument={argument}
        given={given[argument.name]}
        problem={problem?.argument === argument.name ? problem : undefined}
      />
    ));
  const used = optional.some(({ name }) => given[name] !== undefined || problem?.argument === name);
  return (
    <>
      <CallHead view={view} />
      <Refusal definition={definition} principal={props.principal} here={props.here} />
      <ProblemNote view={view} problem={problem} />
      <form class="call-form" method={methodOf(view)} action={`/api/${view.name}`}>
        <input type="hidden" name="output" value="html" />
        <input type="hidden" name="form" value="sent" />
        {fields(required)}
        {optional.length === 0 ? null : required.length === 0 ? (
          fields(optional)
        ) : (
          <details open={used}>
            <summary>
              {optional.length === 1 ? "1 optional argument" : `${optional.length} optional arguments`}
            </summary>
            {fields(optional)}
          </details>
        )}
        <p class="buttons">
          <button type="submit" class="primary">
            {view.confirm ? "Show what it would do" : view.changes ? "Do it" : "Run"}
          </button>
          <a href="/api/">Cancel</a>
        </p>
      </form>
      <SameCall definition={definition} given={given} url={props.url} />
    </>
  );
}

/** Long texts do not fit into an address, and what changes something is never done by one. */
function methodOf(view: CallView): "get" | "post" {
  const long = view.arguments.some(({ kind }) => kind === "multiline");
  return long || (view.changes && !view.confirm) ? "post" : "get";
}

/** Says before somebody fills in a form that it will be refused. */
function Refusal(props: {
  readonly definition: CallDefinition;
  readonly principal: Principal;
  readonly here: string;
}) {
  const { principal, here } = props;
  const { level } = props.definition;
  if (hasLevel(principal, level)) return null;
  return (
    <Note tone="wait">
      {principal.kind === "nobody" ? (
        <>
          This call needs level {level}: <a href={urls.signIn(here)}>sign in</a> first.
        </>
      ) : (
        <>
          This call needs level {level}; you are {principal.name}, with level {principal.level}.
        </>
      )}
    </Note>
  );
}

/** What is wrong with the request as a whole; what is wrong with an argument stands there. */
function ProblemNote({ view, problem }: { readonly view: CallView; readonly problem: Problem | undefined }) {
  if (problem === undefined || view.arguments.some(({ name }) => name === problem.argument)) return null;
  return (
    <div role="alert">
      <Note tone="bad">
        <p>
          <strong>{problem.detail}</strong>
        </p>
        {problem.hint === undefined ? null : <p>{problem.hint}</p>}
        <p class="why">Request {problem.request}</p>
      </Note>
    </div>
  );
}
