import type { People } from "./deps.ts";
import { byOf, daysOf, levelOf, newPassword, subscriptionOf, userOf } from "./form-values.ts";
import type { PageForm } from "./page-forms.ts";
import type { SessionCookie } from "./session-cookie.ts";

const PAGE = "/account/";

/** Forms of one's own page: they only ever reach what belongs to the account that sent them. */
export function ownForms(people: People, cookie: SessionCookie): PageForm[] {
  return [
    ...[setKey(people), removeKey(people)],
    ...[makeToken(people), revokeToken(people)],
    ...[revokeSession(people, cookie), revokeOthers(people)],
    ...[subscribe(people), unsubscribe(people)],
    changePassword(people),
  ];
}

const own = { level: "LOGIN", what: "Your account" } as const;

function setKey({ keys }: People): PageForm {
  return {
    ...{ ...own, path: "/account/key", page: PAGE, name: "key" },
    fields: ["key"],
    about: { bad_argument: "key", not_found: "key" },
    async run({ text, caller }) {
      await keys.set({ userId: userOf(caller), key: text("key") }, byOf(caller));
      return { go: PAGE, done: "key_set" };
    },
  };
}

function removeKey({ keys }: People): PageForm {
  return {
    ...{ ...own, path: "/account/key/remove" },
    async run({ caller }) {
      await keys.remove(userOf(caller), byOf(caller));
      return { go: PAGE, done: "key_removed" };
    },
  };
}

function makeToken({ tokens }: People): PageForm {
  return {
    ...{ ...own, path: "/account/tokens", page: PAGE, name: "token" },
    fields: ["name", "level", "days"],
    async run({ text, caller }) {
      const token = {
        userId: userOf(caller),
        name: text("name").trim(),
        level: levelOf(text("level")),
        days: daysOf(text("days").trim()),
      };
      const { secret } = await tokens.create(token, byOf(caller));
      return { secret };
    },
  };
}

function revokeToken({ tokens }: People): PageForm {
  return {
    ...{ ...own, path: "/account/tokens/:id/revoke" },
    async run({ id, caller }) {
      await tokens.revoke(userOf(caller), id(), byOf(caller));
      return { go: PAGE, done: "token_revoked" };
    },
  };
}

function revokeSession({ sessions }: People, cookie: SessionCookie): PageForm {
  return {
    ...{ ...own, path: "/account/sessions/:id/revoke" },
    async run({ id, caller, reply }) {
      await sessions.revoke(userOf(caller), id(), byOf(caller));
      if (id() !== caller.session?.id) return { go: PAGE, done: "session_revoked" };
      cookie.clear(reply);
      return { go: "/account/sign-in", done: "signed_out" };
    },
  };
}

function revokeOthers({ sessions }: People): PageForm {
  return {
    ...{ ...own, path: "/account/sessions/revoke" },
    async run({ caller }) {
      await sessions.revokeAll(userOf(caller), caller.session?.id, byOf(caller));
      return { go: PAGE, done: "sessions_revoked" };
    },
  };
}

function subscribe({ subscriptions }: People): PageForm {
  return {
    ...{ ...own, path: "/account/subscriptions", page: PAGE, name: "subscription" },
    fields: ["package", "distribution"],
    async run(sent) {
      await subscriptions.add(userOf(sent.caller), subscriptionOf(sent), byOf(sent.caller));
      return { go: PAGE, done: "subscribed" };
    },
  };
}

function unsubscribe({ subscriptions }: People): PageForm {
  return {
    ...{ ...own, path: "/account/subscriptions/remove" },
    async run(sent) {
      await subscriptions.remove(userOf(sent.caller), subscriptionOf(sent), byOf(sent.caller));
      return { go: PAGE, done: "unsubscribed" };
    },
  };
}

function changePassword({ registration }: People): PageForm {
  return {
    ...{ ...own, path: "/account/password", page: PAGE, name: "password" },
    fields: ["old", "password", "repeat"],
    about: { bad_credentials: "old" },
    async run(sent) {
      const { caller, text } = sent;
      await registration.changePassword({
        userId: userOf(caller),
        old: text("old"),
        new: newPassword(sent),
        keepSession: caller.session?.id,
        client: caller.client,
      });
      return { go: PAGE, done: "password_changed" };
    },
  };
}
