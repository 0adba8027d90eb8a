import type { CallPage } from "#api";
import { Facts, Section } from "../components/basics.tsx";
import { CallHead, titleOf } from "./head.tsx";
import { labelOf } from "./label.ts";
import { SameCall } from "./same-call.tsx";
import { Scalar } from "./scalar.tsx";

const MAX_SHOWN = 400;

/** What a call would do, for whom, and the button that does it. */
export function Confirmation(
  props: CallPage & { readonly plan: readonly string[]; readonly change: string; readonly url: string },
) {
  const { definition, view, given, principal } = props;
  const plan = props.plan.length > 0 ? props.plan : [`Run ${definition.name}.`];
  const facts = Object.entries(given).map(
    ([name, value]) => [labelOf({ name }), shown(name, value)] as const,
  );
  return (
    <>
      <CallHead view={view} />
      <Section title="It would" id="plan">
        <ul class="plan">
          {plan.map((step, index) => (
            <li key={index}>{step}</li>
          ))}
        </ul>
        {facts.length === 0 ? null : <Facts facts={facts} />}
        <p>
          You are <strong>{principal.name}</strong> ({principal.level}). What you do is recorded under this
          name.
        </p>
        <form class="buttons" method="post" action={`/api/${definition.name}`}>
          <input type="hidden" name="output" value="html" />
          <input type="hidden" name="confirm" value={definition.name} />
          {Object.entries(given).map(([name, value]) => (
            <input key={name} type="hidden" name={name} value={value} />
          ))}
          <button type="submit" class="primary">
            Confirm: {titleOf(view)}
          </button>
          <a href={props.change}>Change</a>
          <a href="/api/">Cancel</a>
        </form>
      </Section>
      <SameCall definition={definition} given={given} url={props.url} />
    </>
  );
}

function shown(name: string, value: string) {
  const text = value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value;
  return text.includes("\n") ? <pre class="full">{text}</pre> : <Scalar name={name} value={text} />;
}
