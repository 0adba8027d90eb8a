import type { Subscription } from "#accounts";
import { EmptyState, Section } from "../../components/basics.tsx";
import { ActionButton, Field, PostForm } from "../../components/forms.tsx";
import { type Column, Table } from "../../components/table.tsx";
import type { PageRequest } from "../../page.ts";
import { urls } from "../../urls.ts";

/** What somebody is told about by mail. */
export function OwnSubscriptions(props: {
  readonly request: PageRequest;
  readonly subscriptions: readonly Subscription[];
  readonly distributions: readonly string[];
}) {
  const { request, subscriptions, distributions } = props;
  return (
    <Section title="Subscriptions" id="subscriptions">
      {subscriptions.length === 0 ? (
        <EmptyState title="You are subscribed to nothing.">
          <p>
            Subscribe to a package, a distribution, or both, and you get a mail when something happens there.
          </p>
        </EmptyState>
      ) : (
        <Table
          caption="Your subscriptions"
          columns={COLUMNS}
          rows={subscriptions}
          rowKey={(row) => `${row.package} ${row.distribution}`}
        />
      )}
      <PostForm request={request} name="subscription" action="/account/subscriptions" look="fields inline">
        <Field label="Source package" name="package" optional hint="Empty: all packages." />
        <Field
          label="Distribution"
          name="distribution"
          optional
          list={distributions}
          hint="Empty: all distributions."
        />
        <button type="submit">Subscribe</button>
      </PostForm>
    </Section>
  );
}

const COLUMNS: readonly Column<Subscription>[] = [
  {
    head: "Package",
    cell: (row) =>
      row.package === "" ? "all packages" : <a href={urls.package(row.package)}>{row.package}</a>,
  },
  {
    head: "Distribution",
    cell: (row) =>
      row.distribution === "" ? (
        "all distributions"
      ) : (
        <a href={urls.distribution(row.distribution)}>{row.distribution}</a>
      ),
  },
  {
    head: "Action",
    look: "buttons",
    cell: (row) => (
      <ActionButton
        action="/account/subscriptions/remove"
        words="End"
        subject={`the subscription to ${row.package || "all packages"} in ${row.distribution || "all distributions"}`}
        hidden={{ package: row.package, distribution: row.distribution }}
      />
    ),
  },
];
