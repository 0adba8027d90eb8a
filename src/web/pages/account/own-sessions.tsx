import type { SessionView } from "#accounts";
import { Section } from "../../components/basics.tsx";
import { ActionButton } from "../../components/forms.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { Time } from "../../components/time.tsx";
import { browserWords } from "../../format.ts";
import type { PageRequest } from "../../page.ts";

/** Where somebody is signed in. */
export function OwnSessions(props: {
  readonly request: PageRequest;
  readonly sessions: readonly SessionView[];
}) {
  const { request, sessions } = props;
  const others = sessions.some((session) => session.id !== request.session);
  return (
    <Section
      title="Sessions"
      id="sessions"
      actions={others ? <ActionButton action="/account/sessions/revoke" words="End all others" /> : null}
    >
      <Table
        caption="Where you are signed in"
        columns={columnsFor(request.session)}
        rows={sessions}
        rowKey={(session) => session.id}
      />
    </Section>
  );
}

function columnsFor(own: number | undefined): readonly Column<SessionView>[] {
  return [
    {
      head: "Browser",
      cell: (session) => (
        <>
          <span class="name">{browserWords(session.userAgent)}</span>
          {session.id === own ? <span class="why">this one</span> : null}
        </>
      ),
    },
    { head: "From", cell: (session) => <code>{session.client}</code> },
    { head: "Signed in", cell: (session) => <Time at={session.createdAt} /> },
    { head: "Last seen", cell: (session) => <Time at={session.lastSeenAt} /> },
    {
      head: "Action",
      look: "buttons",
      cell: (session) => (
        <ActionButton
          action={`/account/sessions/${session.id}/revoke`}
          words={session.id === own ? "Sign out" : "End"}
          subject={session.id === own ? "here" : `the session from ${session.client}`}
        />
      ),
    },
  ];
}
