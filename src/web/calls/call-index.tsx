import type { CallView } from "#api";
import { Section } from "../components/basics.tsx";
import { Table } from "../components/table.tsx";
import { urls } from "../urls.ts";
import { titleOf } from "./head.tsx";

/** All calls by category. */
export function CallIndex(props: { readonly calls: readonly CallView[]; readonly url: string }) {
  const categories = [...new Set(props.calls.map(({ category }) => category))];
  return (
    <>
      <h1>API</h1>
      <p>
        Each of these calls is a page here, an HTTP request and a command:{" "}
        <code>mini-buildd api {props.url} CALL</code>. For programs, all of them are described by{" "}
        <a href="/api/openapi.json">OpenAPI</a> and <a href="/api/?output=json">JSON</a>.
      </p>
      {categories.map((category) => (
        <Category key={category} name={category} calls={props.calls} />
      ))}
    </>
  );
}

function Category({ name, calls }: { readonly name: string; readonly calls: readonly CallView[] }) {
  return (
    <Section title={name}>
      <div class="call-index">
        <Table
          caption={`Calls for ${name.toLowerCase()}s`}
          rows={calls.filter(({ category }) => category === name)}
          rowKey={(call) => call.name}
          columns={[
            {
              head: "Call",
              cell: (call) => (
                <a class="name" href={urls.callForm(call.name)}>
                  {call.name}
                </a>
              ),
            },
            { head: "What it does", look: "main", cell: (call) => <WhatItDoes call={call} /> },
            { head: "Level", cell: (call) => call.level },
            { head: "Changes", cell: changes },
          ]}
        />
      </div>
    </Section>
  );
}

function WhatItDoes({ call }: { readonly call: CallView }) {
  return (
    <span>
      {titleOf(call)} {call.available === false ? <span class="badge quiet">not yet</span> : null}
    </span>
  );
}

function changes(call: CallView): string {
  if (!call.changes) return "reads";
  return call.confirm ? "changes, asks first" : "changes";
}
