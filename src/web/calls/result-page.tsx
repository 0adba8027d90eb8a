import { type CallPage, unpublishedIn } from "#api";
import { EmptyState, Note, Section } from "../components/basics.tsx";
import { CopyBlock } from "../components/copy-block.tsx";
import { urls } from "../urls.ts";
import { Diff } from "./diff.tsx";
import { CallHead } from "./head.tsx";
import { SameCall } from "./same-call.tsx";
import { Structure } from "./structure.tsx";

/** What a call answered, for people. */
export function ResultPage(props: CallPage & { readonly result: unknown; readonly url: string }) {
  const { definition, view, given } = props;
  const raw = (output: string) => urls.call(definition.name, { ...given, output });
  return (
    <>
      <CallHead view={view} />
      {view.changes ? <Done unpublished={unpublishedIn(props.result)} /> : null}
      <Section
        title="Result"
        actions={
          <span class="actions">
            {view.arguments.length === 0 ? null : (
              <a href={urls.callForm(definition.name, given)}>Other arguments</a>
            )}
            {view.changes ? null : (
              <>
                <a href={raw("plain")}>Plain</a>
                <a href={raw("json")}>JSON</a>
              </>
            )}
          </span>
        }
      >
        <Result call={definition.name} result={props.result} raw={raw("plain")} />
      </Section>
      <SameCall definition={definition} given={given} url={props.url} />
    </>
  );
}

function Done({ unpublished }: { readonly unpublished: readonly string[] }) {
  if (unpublished.length === 0) return <Note tone="good">Done.</Note>;
  return (
    <Note tone="wait">
      <strong>Done, but apt does not see it yet.</strong> {unpublished.join(", ")} will be published: the
      instance goes on trying by itself.
    </Note>
  );
}

function Result(props: { readonly call: string; readonly result: unknown; readonly raw: string }) {
  const { call, result, raw } = props;
  if (typeof result !== "string") return <Structure name="Result" value={result} />;
  if (result.trim() === "") return <EmptyState title="The answer is empty." />;
  return call === "debdiff" ? <Diff text={result} raw={raw} /> : <CopyBlock text={result} label="Result" />;
}
