import { LEVELS, type OwnKey, type UserView } from "#accounts";
import { refusal } from "../../access.ts";
import { Facts, Note, Section } from "../../components/basics.tsx";
import { CopyBlock } from "../../components/copy-block.tsx";
import { Flash } from "../../components/flash.tsx";
import { ChoiceField, Field, outcomeOf, PostForm } from "../../components/forms.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { Time } from "../../components/time.tsx";
import { renderDocument } from "../../document.tsx";
import { formatFingerprint, formatTime } from "../../format.ts";
import { type PageContext, type PageRequest, type PageResponse, pathNumber } from "../../page.ts";
import { repositoryNames } from "../../read-model/names.ts";
import { urls } from "../../urls.ts";
import { notFound } from "../error.tsx";
import { UserRights } from "./user-rights.tsx";

/** One person, and what an administrator decides about them. */
export async function userPage(context: PageContext, request: PageRequest): Promise<PageResponse> {
  const refused = refusal(context, request, "ADMIN", "The page of a user");
  if (refused !== undefined) return refused;
  const id = pathNumber(request, "id");
  const user = (await context.accounts.users.list()).find((item) => item.id === id);
  if (user === undefined) return notFound(context, request, "This user", ["/users/", "Users"]);
  const key = await context.accounts.keys.get(user.id);
  const repositories = await repositoryNames(context.db.read);
  const link = outcomeOf(request, "reset-link")?.secret;
  return renderDocument(
    context,
    {
      title: `${request.form?.refused === undefined ? "" : "Not done: "}User ${user.name}`,
      section: "/users/",
      principal: request.principal,
    },
    <>
      <div class="page-head">
        <h1>{user.name}</h1>
        <StateBadge state={user.state} />
      </div>
      <Flash request={request} />
      <Facts
        facts={[
          ["Mail address", user.email],
          ["Registered", <Time at={user.createdAt} />],
          ["Last sign-in", user.lastLoginAt === undefined ? "never" : <Time at={user.lastLoginAt} />],
          ["What they did", <a href={urls.audit({ actor: user.name })}>in the audit trail</a>],
        ]}
      />
      <Section title="Account">
        <AccountState request={request} user={user} />
      </Section>
      <Section title="Level">
        <PostForm request={request} name="level" action={`/users/${user.id}/level`} look="fields inline">
          <ChoiceField label="Level" name="level" choices={LEVELS.slice(1)} value={user.level} />
          <button type="submit">Change the level</button>
        </PostForm>
      </Section>
      <Section title="Mail address" id="email">
        <PostForm request={request} name="email" action={`/users/${user.id}/email`} look="fields inline">
          <Field
            label="Mail address"
            name="email"
            type="email"
            value={user.email}
            optional
            hint="Links to confirm it or to set a password, mailed before, do not work any more; the old address is told."
          />
          <button type="submit">Change the mail address</button>
        </PostForm>
      </Section>
      <Section title="OpenPGP key" id="key">
        <KeyOf request={request} user={user} current={key} />
      </Section>
      <Section title="Upload rights" id="rights">
        <UserRights request={request} user={user} repositories={repositories} />
      </Section>
      <Section title="Password" id="password">
        {link === undefined ? null : (
          <div class="note good" role="status">
            <p>
              <strong>Hand this address to {user.name}.</strong> It sets a new password, works once, and is
              not shown again.
            </p>
            <CopyBlock label="address to set a new password" text={link} />
          </div>
        )}
        <PostForm request={request} name="reset-link" action={`/users/${user.id}/reset-link`}>
          <p class="sub">For those who forgot their password and get no mail.</p>
          <button type="submit">Make an address to set a new password</button>
        </PostForm>
      </Section>
    </>,
  );
}

function AccountState({ request, user }: { readonly request: PageRequest; readonly user: UserView }) {
  const off = user.state !== "active";
  const action = off ? "activate" : "off";
  return (
    <PostForm request={request} name="state" action={`/users/${user.id}/${action}`}>
      <p class="sub">
        {off
          ? "This account cannot sign in, and its key does not work."
          : "Switched off, the account cannot sign in, and its key does not work, and its sessions and tokens end for good."}
      </p>
      <button type="submit">{off ? "Activate the account" : "Switch the account off"}</button>
    </PostForm>
  );
}

function KeyOf(props: {
  readonly request: PageRequest;
  readonly user: UserView;
  readonly current: OwnKey | undefined;
}) {
  const { request, user, current } = props;
  if (current === undefined) return <p class="sub">{user.name} has set no key.</p>;
  const waits = current.state === "waiting";
  return (
    <>
      <Facts
        facts={[
          ["State", <StateBadge state={current.state} />],
          ["Fingerprint", <code class="fingerprint">{formatFingerprint(current.fingerprint)}</code>],
          ["Of", current.userIds.join(", ")],
          ["Kind", current.algorithm],
          ["Made", formatTime(current.created)],
          ["Ends", current.expires === undefined ? "never" : formatTime(current.expires)],
        ]}
      />
      <PostForm
        request={request}
        name="key"
        action={`/users/${user.id}/key/${waits ? "activate" : "deactivate"}`}
      >
        <input type="hidden" name="fingerprint" value={current.fingerprint} />
        {waits ? (
          <Note tone="wait">
            Compare the fingerprint with what {user.name} says by another way. Whoever holds this key can
            upload what all machines using the repository install.
          </Note>
        ) : null}
        <button type="submit">{waits ? "Activate the key" : "Deactivate the key"}</button>
      </PostForm>
    </>
  );
}
