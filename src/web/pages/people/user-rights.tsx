import { rightText, type UploadRight, type UserView } from "#accounts";
import { ActionButton, ChoiceField, Field, PostForm } from "../../components/forms.tsx";
import { type Column, Table } from "../../components/table.tsx";
import type { PageRequest } from "../../page.ts";

/** What somebody's key may upload, and the form to give more. */
export function UserRights(props: {
  readonly request: PageRequest;
  readonly user: UserView;
  readonly repositories: readonly string[];
}) {
  const { request, user, repositories } = props;
  if (repositories.length === 0) return <p class="sub">There is no repository yet.</p>;
  return (
    <>
      {user.rights.length === 0 ? (
        <p class="sub">{user.name} may upload nothing.</p>
      ) : (
        <Table
          caption="Upload rights"
          columns={columnsFor(user)}
          rows={user.rights}
          rowKey={(right) => right.id}
        />
      )}
      <PostForm request={request} name="rights" action={`/users/${user.id}/rights`} look="fields inline">
        <ChoiceField label="Repository" name="repository" choices={repositories} value={repositories[0]} />
        <Field
          label="Suites"
          name="suites"
          optional
          hint="Such as unstable, experimental. Empty: all that take uploads."
        />
        <Field
          label="Source packages"
          name="sources"
          optional
          maxlength={6000}
          hint="Names or patterns with * and ?, such as linux-*. Empty: all."
        />
        <button type="submit">Give the right</button>
      </PostForm>
    </>
  );
}

function columnsFor(user: UserView): readonly Column<UploadRight>[] {
  return [
    { head: "Repository", cell: (right) => <span class="name">{right.repository}</span> },
    { head: "Suites", cell: ({ suites }) => suites.join(", ") || "all" },
    { head: "Source packages", cell: ({ sources }) => sources.join(", ") || "all" },
    {
      head: "Action",
      look: "buttons",
      cell: (right) => (
        <ActionButton
          action={`/users/${user.id}/rights/take`}
          words="Take away"
          subject={`the right for ${rightText(right)}`}
          hidden={{ right: String(right.id) }}
        />
      ),
    },
  ];
}
