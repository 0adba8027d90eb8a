import { isWhole, type Level, scopeText, type UploadRight } from "#accounts";
import { refusal } from "../../access.ts";
import { Facts, Section } from "../../components/basics.tsx";
import { Flash } from "../../components/flash.tsx";
import { Field, PostForm } from "../../components/forms.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { Time } from "../../components/time.tsx";
import { renderDocument } from "../../document.tsx";
import type { PageContext, PageRequest, PageResponse } from "../../page.ts";
import { distributionNames } from "../../read-model/names.ts";
import { urls } from "../../urls.ts";
import { errorPage } from "../error.tsx";
import { NewPassword } from "./new-password.tsx";
import { OwnKey } from "./own-key.tsx";
import { OwnSessions } from "./own-sessions.tsx";
import { OwnSubscriptions } from "./own-subscriptions.tsx";
import { OwnTokens } from "./own-tokens.tsx";

/** What somebody may do here, and all that is theirs. */
export async function accountPage(context: PageContext, request: PageRequest): Promise<PageResponse> {
  const refused = refusal(context, request, "LOGIN", "Your account");
  if (refused !== undefined) return refused;
  const { userId, name, kind } = request.principal;
  const { accounts, db } = context;
  if (userId === undefined || kind !== "user")
    return errorPage(context, {
      status: 403,
      message: `'${name}' is not the account of a person.`,
      hint: "Sign in with a name and a password.",
      principal: request.principal,
    });
  const user = await accounts.users.get(userId);
  const key = await accounts.keys.get(userId);
  const subscriptions = await accounts.subscriptions.list(userId);
  const tokens = await accounts.tokens.list(userId);
  const sessions = await accounts.sessions.list(userId);
  const distributions = await distributionNames(db.read);
  return renderDocument(
    context,
    {
      title: request.form?.refused === undefined ? "Your account" : "Not done: Your account",
      section: "/account/",
      principal: request.principal,
    },
    <>
      <div class="page-head">
        <h1>{user.name}</h1>
        <StateBadge state={user.level} tone="quiet" />
      </div>
      <Flash request={request} />
      <Facts
        facts={[
          ["You may", MAY[user.level]],
          ["Mail address", user.email],
          ["Member since", <Time at={user.createdAt} />],
          ["Last sign-in", <Time at={user.lastLoginAt ?? null} />],
        ]}
      />
      <OwnKey request={request} current={key} />
      <Section title="Upload rights" id="rights">
        <Rights rights={user.rights} />
      </Section>
      <OwnTokens request={request} tokens={tokens} level={user.level} />
      <OwnSubscriptions request={request} subscriptions={subscriptions} distributions={distributions} />
      <OwnSessions request={request} sessions={sessions} />
      <Section title="Password" id="password">
        <PostForm request={request} name="password" action="/account/password">
          <Field label="Current password" name="old" type="password" autocomplete="current-password" />
          <NewPassword label="New password" />
          <button type="submit">Change the password</button>
        </PostForm>
      </Section>
    </>,
  );
}

const MAY: Readonly<Record<Level, string>> = {
  NONE: "nothing",
  LOGIN: "make calls for users",
  STAFF: "look after packages",
  ADMIN: "do everything",
};

function Rights({ rights }: { readonly rights: readonly UploadRight[] }) {
  if (rights.length === 0)
    return <p class="sub">You may upload to no repository yet; an administrator gives that right.</p>;
  return (
    <p>
      Signed by your active key, uploads are taken for{" "}
      {rights.map((right, index) => (
        <>
          {index === 0 ? "" : ", "}
          <a key={right.id} href={urls.repository(right.repository)}>
            {right.repository}
          </a>
          {isWhole(right) ? "" : ` (${scopeText(right)})`}
        </>
      ))}
      .
    </p>
  );
}
