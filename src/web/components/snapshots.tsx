import type { Principal } from "#accounts";
import type { Row } from "#db";
import { urls } from "../urls.ts";
import { EmptyState, Section } from "./basics.tsx";
import { CallLink } from "./call-link.tsx";
import { Table } from "./table.tsx";
import { Time } from "./time.tsx";

/** Named states of a distribution; who may make and delete them sees how. */
export function Snapshots(props: {
  readonly repository: string;
  readonly distribution: string;
  readonly rows: readonly Row<"snapshot">[];
  readonly principal: Principal;
}) {
  const { repository, distribution, rows, principal } = props;
  return (
    <Section
      title="Snapshots"
      id="snapshots"
      actions={
        <CallLink name="snapshot_create" given={{ distribution, form: "1" }} principal={principal}>
          Create…
        </CallLink>
      }
    >
      {rows.length === 0 ? (
        <EmptyState title="No state of it has a name." />
      ) : (
        <Table
          caption={`Snapshots of ${distribution}`}
          rows={rows}
          rowKey={({ id }) => id}
          columns={[
            {
              head: "Name",
              look: "main",
              cell: ({ name }) => (
                <a class="name" href={urls.snapshot(repository, distribution, name)}>
                  {name}
                </a>
              ),
            },
            { head: "Made", cell: (row) => <Time at={row.created_at} /> },
            { head: "By", cell: (row) => row.created_by },
            {
              head: "Action",
              cell: ({ name }) => (
                <CallLink
                  class="action"
                  name="snapshot_delete"
                  given={{ distribution, name }}
                  principal={principal}
                >
                  Delete…
                </CallLink>
              ),
            },
          ]}
        />
      )}
    </Section>
  );
}
