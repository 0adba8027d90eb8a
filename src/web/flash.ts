/** What was done, by the codes that addresses carry; any other text in an address says nothing. */
const DONE: Readonly<Record<string, string>> = {
  signed_out: "You are signed out.",
  registered_mail: "You are registered. We sent you a mail; the link in it confirms your address.",
  registered_wait:
    "You are registered. You can sign in as soon as an administrator has activated your account.",
  confirmed: "Your address is confirmed. Sign in now.",
  reset_asked:
    "If there is such an account, a mail with a link to set a new password is on its way. If none arrives, ask an administrator for such a link.",
  password_set: "Your new password is set, and all sessions are ended. Sign in with it now.",
  password_changed: "Your password is changed, and your other sessions are ended.",
  key_set: "Your key is saved. It can upload when an administrator has activated it.",
  key_removed: "Your key is removed.",
  token_revoked: "The token is revoked.",
  session_revoked: "The session is ended.",
  sessions_revoked: "All other sessions are ended.",
  subscribed: "You are subscribed.",
  unsubscribed: "The subscription is ended.",
  user_activated: "The account is active.",
  user_off: "The account is switched off, and its sessions and tokens are ended.",
  level_set: "The level is changed.",
  email_set: "The mail address is changed. Links that were mailed before do not work any more.",
  right_given: "The upload right is given.",
  right_taken: "The upload right is taken away.",
  key_activated: "The key is active.",
  key_deactivated: "The key is no longer active.",
};

export function doneText(code: string): string | undefined {
  return Object.hasOwn(DONE, code) ? DONE[code] : undefined;
}
