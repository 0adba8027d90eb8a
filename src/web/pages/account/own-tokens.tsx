import { LEVELS, type Level, type TokenView } from "#accounts";
import { EmptyState, Section } from "../../components/basics.tsx";
import { CopyBlock } from "../../components/copy-block.tsx";
import { ActionButton, ChoiceField, Field, outcomeOf, PostForm } from "../../components/forms.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { Time } from "../../components/time.tsx";
import type { PageRequest } from "../../page.ts";

/** Tokens for programs. The secret of a new one is on this page once. */
export function OwnTokens(props: {
  readonly request: PageRequest;
  readonly tokens: readonly TokenView[];
  readonly level: Level;
}) {
  const { request, tokens, level } = props;
  const secret = outcomeOf(request, "token")?.secret;
  return (
    <Section title="API tokens" id="tokens">
      {secret === undefined ? null : (
        <div class="note good" role="status">
          <p>
            <strong>This is the new token.</strong> Keep it now: it is not shown again.
          </p>
          <CopyBlock label="new token" text={secret} />
        </div>
      )}
      {tokens.length === 0 ? (
        <EmptyState title="You have no tokens.">
          <p>Programs send one as “Authorization: Bearer …” instead of your name and password.</p>
        </EmptyState>
      ) : (
        <Table caption="Your API tokens" columns={COLUMNS} rows={tokens} rowKey={(token) => token.id} />
      )}
      <PostForm request={request} name="token" action="/account/tokens" look="fields inline">
        <Field label="Name" name="name" maxlength={64} hint="What uses it, such as ci." />
        <ChoiceField label="Level" name="level" choices={levelsUpTo(level)} value="LOGIN" />
        <Field label="Days it lasts" name="days" type="number" optional hint="Empty: until it is revoked." />
        <button type="submit">Make a token</button>
      </PostForm>
    </Section>
  );
}

const COLUMNS: readonly Column<TokenView>[] = [
  { head: "Name", cell: (token) => <span class="name">{token.name}</span> },
  { head: "Level", cell: (token) => token.level },
  { head: "Made", look: "wide", cell: (token) => <Time at={token.createdAt} /> },
  {
    head: "Last used",
    cell: (token) => (token.lastUsedAt === undefined ? "never" : <Time at={token.lastUsedAt} />),
  },
  {
    head: "Ends",
    cell: (token) => (token.expiresAt === undefined ? "never" : <Time at={token.expiresAt} />),
  },
  {
    head: "Action",
    look: "buttons",
    cell: (token) => (
      <ActionButton action={`/account/tokens/${token.id}/revoke`} words="Revoke" subject={token.name} />
    ),
  },
];

/** A token is never more than its owner. */
function levelsUpTo(level: Level): readonly Level[] {
  const last = LEVELS.indexOf(level);
  return LEVELS.slice(1, last + 1);
}
