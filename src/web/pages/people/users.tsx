import { rightText, type UserView } from "#accounts";
import { refusal } from "../../access.ts";
import { EmptyState, Section } from "../../components/basics.tsx";
import { Flash } from "../../components/flash.tsx";
import { ActionButton } from "../../components/forms.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { Time } from "../../components/time.tsx";
import { renderDocument } from "../../document.tsx";
import { formatFingerprint, plural } from "../../format.ts";
import type { PageContext, PageRequest, PageResponse } from "../../page.ts";
import { urls } from "../../urls.ts";
import { waitingPeople } from "./waiting.ts";

/** All people; what waits for the administrator first. */
export async function usersPage(context: PageContext, request: PageRequest): Promise<PageResponse> {
  const refused = refusal(context, request, "ADMIN", "The list of users");
  if (refused !== undefined) return refused;
  const users = await context.accounts.users.list();
  const waiting = waitingPeople(users);
  return renderDocument(
    context,
    { title: "Users", section: "/users/", principal: request.principal },
    <>
      <h1>Users</h1>
      <Flash request={request} />
      {waiting.length === 0 ? null : (
        <Section
          title="Waiting for you"
          id="waiting"
          actions={<span class="sub">{plural(waiting.length, "decision")}</span>}
        >
          <ul class="waiting">
            {waiting.map(({ user, what }) => (
              <li key={`${what} ${user.id}`}>
                {what === "account" ? <Registered user={user} /> : <KeyToActivate user={user} />}
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Section
        title="All users"
        id="all"
        actions={<span class="sub">{plural(users.length, "account")}</span>}
      >
        {users.length === 0 ? (
          <EmptyState title="There are no accounts yet.">
            <p>
              Make one with <code>mini-buildd admin user NAME</code>, or let people{" "}
              <a href="/account/register">register</a>.
            </p>
          </EmptyState>
        ) : (
          <Table caption="Accounts" columns={COLUMNS} rows={users} rowKey={(user) => user.id} />
        )}
      </Section>
    </>,
  );
}

function Registered({ user }: { readonly user: UserView }) {
  return (
    <>
      <span>
        <a href={urls.user(user.id)} class="strong">
          {user.name}
        </a>{" "}
        registered <Time at={user.createdAt} /> with the address {user.email || "(none)"}.
      </span>
      <ActionButton action={`/users/${user.id}/activate`} words="Activate" subject={user.name} />
    </>
  );
}

function KeyToActivate({ user }: { readonly user: UserView }) {
  const fingerprint = user.key?.fingerprint ?? "";
  return (
    <>
      <span>
        <a href={urls.user(user.id)} class="strong">
          {user.name}
        </a>{" "}
        wants to sign uploads with the key <code class="fingerprint">{formatFingerprint(fingerprint)}</code>.
      </span>
      <ActionButton
        action={`/users/${user.id}/key/activate`}
        words="Activate key"
        subject={`of ${user.name}`}
        hidden={{ fingerprint }}
      />
    </>
  );
}

const COLUMNS: readonly Column<UserView>[] = [
  {
    head: "Name",
    cell: (user) => (
      <>
        <a href={urls.user(user.id)} class="name">
          {user.name}
        </a>
        {user.email === "" ? null : <span class="why">{user.email}</span>}
      </>
    ),
  },
  { head: "State", cell: (user) => <StateBadge state={user.state} /> },
  { head: "Level", cell: (user) => user.level },
  { head: "Key", cell: (user) => (user.key === undefined ? "none" : <StateBadge state={user.key.state} />) },
  { head: "May upload to", cell: ({ rights }) => rights.map(rightText).join("; ") || "none" },
  {
    head: "Last sign-in",
    cell: (user) => (user.lastLoginAt === undefined ? "never" : <Time at={user.lastLoginAt} />),
  },
];
