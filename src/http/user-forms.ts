import type { People } from "./deps.ts";
import { rowOf } from "./form-fields.ts";
import { byOf, levelOf, wordsOf } from "./form-values.ts";
import type { PageForm } from "./page-forms.ts";

const PAGE = "/users/:id";

/** What administrators decide about people. */
export function userForms(people: People): PageForm[] {
  return [
    ...[activate(people), switchOff(people), setLevel(people), giveRight(people), takeRight(people)],
    setEmail(people),
    ...[activateKey(people), deactivateKey(people), makeResetLink(people)],
  ];
}

const admin = { level: "ADMIN", what: "Administration of users", page: PAGE } as const;
const pageOf = (id: number) => `/users/${id}`;

function activate({ users }: People): PageForm {
  return {
    ...{ ...admin, path: "/users/:id/activate", name: "state" },
    async run({ id, caller }) {
      await users.activate(id(), byOf(caller));
      return { go: pageOf(id()), done: "user_activated" };
    },
  };
}

function switchOff({ users }: People): PageForm {
  return {
    ...{ ...admin, path: "/users/:id/off", name: "state" },
    async run({ id, caller }) {
      await users.switchOff(id(), byOf(caller));
      return { go: pageOf(id()), done: "user_off" };
    },
  };
}

function setLevel({ users }: People): PageForm {
  return {
    ...{ ...admin, path: "/users/:id/level", name: "level" },
    fields: ["level"],
    about: { last_admin: "level" },
    async run({ id, text, caller }) {
      await users.setLevel(id(), levelOf(text("level")), byOf(caller));
      return { go: pageOf(id()), done: "level_set" };
    },
  };
}

function setEmail({ users }: People): PageForm {
  return {
    ...{ ...admin, path: "/users/:id/email", name: "email" },
    fields: ["email"],
    async run({ id, text, caller }) {
      await users.setEmail(id(), text("email").trim(), byOf(caller));
      return { go: pageOf(id()), done: "email_set" };
    },
  };
}

function giveRight({ rights }: People): PageForm {
  return {
    ...{ ...admin, path: "/users/:id/rights", name: "rights" },
    fields: ["repository", "suites", "sources"],
    about: { unknown_repository: "repository" },
    async run({ id, text, caller }) {
      const scope = { suites: wordsOf(text("suites")), sources: wordsOf(text("sources")) };
      await rights.give(id(), { repository: text("repository"), ...scope }, byOf(caller));
      return { go: pageOf(id()), done: "right_given" };
    },
  };
}

function takeRight({ rights }: People): PageForm {
  return {
    ...{ ...admin, path: "/users/:id/rights/take", name: "rights" },
    async run({ id, text, caller }) {
      await rights.take(id(), rowOf(text("right")), byOf(caller));
      return { go: pageOf(id()), done: "right_taken" };
    },
  };
}

/** The fingerprint that was on the page: another key set meanwhile is not the one that was decided about. */
function activateKey({ keys }: People): PageForm {
  return {
    ...{ ...admin, path: "/users/:id/key/activate", name: "key" },
    async run({ id, text, caller }) {
      await keys.activate(id(), byOf(caller), text("fingerprint"));
      return { go: pageOf(id()), done: "key_activated" };
    },
  };
}

function deactivateKey({ keys }: People): PageForm {
  return {
    ...{ ...admin, path: "/users/:id/key/deactivate", name: "key" },
    async run({ id, caller }) {
      await keys.deactivate(id(), byOf(caller));
      return { go: pageOf(id()), done: "key_deactivated" };
    },
  };
}

function makeResetLink({ registration }: People): PageForm {
  return {
    ...{ ...admin, path: "/users/:id/reset-link", name: "reset-link" },
    async run({ id, caller }) {
      const secret = await registration.resetLink(id(), byOf(caller));
      return { secret: await registration.resetAddress(secret) };
    },
  };
}
