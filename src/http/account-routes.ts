import type { FastifyInstance } from "fastify";
import type { People } from "./deps.ts";
import { newPassword } from "./form-values.ts";
import { localPath } from "./local-path.ts";
import { ownForms } from "./own-forms.ts";
import { type FormRouteDeps, type PageForm, registerForms } from "./page-forms.ts";
import type { SessionCookie } from "./session-cookie.ts";
import { userForms } from "./user-forms.ts";

export interface AccountRouteDeps extends FormRouteDeps {
  readonly people?: People;
  readonly cookie: SessionCookie;
}

/** The forms of the pages of people. */
export function registerAccountRoutes(app: FastifyInstance, deps: AccountRouteDeps): void {
  const { people, cookie } = deps;
  if (people === undefined) return;
  registerForms(app, deps, [
    ...[signIn(people, cookie), signOut(people, cookie)],
    ...[register(people), confirm(people), forgot(people), reset(people)],
    ...ownForms(people, cookie),
    ...userForms(people),
  ]);
}

function signIn({ sessions }: People, cookie: SessionCookie): PageForm {
  return {
    ...{ path: "/account/sign-in", page: "/account/sign-in", name: "sign-in" },
    fields: ["name", "password", "next"],
    async run({ text, caller, request, reply }) {
      const { secret, expiresAt } = await sessions.signIn({
        name: text("name").trim(),
        password: text("password"),
        client: caller.client,
        userAgent: (request.headers["user-agent"] ?? "").slice(0, 300),
      });
      // A browser has one session: whose it was before must not be there when this one signs out.
      if (caller.session !== undefined) await sessions.signOut(caller.session.secret);
      cookie.set(reply, secret, new Date(expiresAt));
      return { go: localPath(text("next"), "/") };
    },
  };
}

function signOut({ sessions }: People, cookie: SessionCookie): PageForm {
  return {
    path: "/account/sign-out",
    async run({ caller, reply }) {
      if (caller.session !== undefined) await sessions.signOut(caller.session.secret);
      cookie.clear(reply);
      return { go: "/account/sign-in", done: "signed_out" };
    },
  };
}

function register({ registration }: People): PageForm {
  return {
    ...{ path: "/account/register", page: "/account/register", name: "register" },
    fields: ["name", "email", "password", "repeat"],
    about: { name_taken: "name" },
    async run(sent) {
      const { next } = await registration.register({
        name: sent.text("name").trim(),
        email: sent.text("email").trim(),
        password: newPassword(sent),
        client: sent.caller.client,
      });
      return { go: "/account/sign-in", done: next === "mail" ? "registered_mail" : "registered_wait" };
    },
  };
}

function confirm({ registration }: People): PageForm {
  return {
    ...{ path: "/account/confirm", page: "/account/confirm", name: "confirm" },
    async run({ query, caller }) {
      await registration.confirm(query.secret ?? "", caller.client);
      return { go: "/account/sign-in", done: "confirmed" };
    },
  };
}

function forgot({ registration }: People): PageForm {
  return {
    ...{ path: "/account/forgot", page: "/account/forgot", name: "forgot" },
    fields: ["who"],
    async run({ text, caller }) {
      await registration.requestReset({ nameOrEmail: text("who"), client: caller.client });
      return { go: "/account/forgot", done: "reset_asked" };
    },
  };
}

function reset({ registration }: People): PageForm {
  return {
    ...{ path: "/account/reset", page: "/account/reset", name: "reset" },
    fields: ["password", "repeat"],
    async run(sent) {
      await registration.reset(sent.query.secret ?? "", newPassword(sent), sent.caller.client);
      return { go: "/account/sign-in", done: "password_set" };
    },
  };
}
