/** Mails about accounts: plain text, and nothing in it that somebody else could have written but a checked name. */

interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly body: string;
  readonly key: string;
}

interface Addressee {
  readonly id: number;
  readonly name: string;
  readonly email: string;
}

export function confirmationMail(user: Addressee, address: string, linkId: number): Mail {
  return {
    to: user.email,
    subject: `Confirm your account '${user.name}'`,
    body: `Somebody, probably you, registered the account '${user.name}' with this mail address.

Open this address to confirm it, within three days:

${address}

If it was not you, do nothing: the account will not become active.
`,
    key: `account-confirm-${linkId}`,
  };
}

export function existingAccountMail(user: Addressee, url: string, time: string): Mail {
  return {
    to: user.email,
    subject: `You have an account already: '${user.name}'`,
    body: `Somebody, probably you, tried to register another account with this mail address.
There is the account '${user.name}' with it already. Should you have forgotten its password:

${url}/account/forgot

If it was not you, do nothing.
`,
    key: `account-exists-${user.id}-${time}`,
  };
}

export function resetMail(user: Addressee, address: string, linkId: number): Mail {
  return {
    to: user.email,
    subject: `A new password for '${user.name}'`,
    body: `Somebody, probably you, asked for a new password of the account '${user.name}'.

Open this address to set one, within a day:

${address}

If it was not you, do nothing: the password stays as it is.
`,
    key: `account-reset-${linkId}`,
  };
}

export function activationMail(user: Addressee, url: string, time: string): Mail {
  return {
    to: user.email,
    subject: `Your account '${user.name}' is active`,
    body: `An administrator activated your account '${user.name}'. Sign in at:

${url}/account/sign-in
`,
    key: `account-active-${user.id}-${time}`,
  };
}

/** To the old address; the new one is nobody's business there. */
export function otherAddressMail(user: Addressee, time: string): Mail {
  return {
    to: user.email,
    subject: `The mail address of your account '${user.name}' was changed`,
    body: `An administrator gave your account '${user.name}' another mail address.
Links that were mailed to this one before do not work any more.

If that is not what you want, ask the administrators of this instance.
`,
    key: `account-email-${user.id}-${time}`,
  };
}
