import type { Principal } from "#accounts";
import { urls } from "../urls.ts";

/** Who is signed in, with the way out; or the way in, and back to here. */
export function Who(props: {
  readonly principal: Principal | undefined;
  readonly section: string;
  readonly here: string | undefined;
}) {
  const { principal, section, here } = props;
  if (principal === undefined || principal.kind === "nobody")
    return (
      <div class="who">
        <a href={urls.signIn(here?.startsWith("/account/") ? undefined : here)}>Sign in</a>
      </div>
    );
  // What is no person has neither an account page nor a session to end.
  if (principal.userId === undefined)
    return (
      <div class="who">
        {principal.name} ({principal.level})
      </div>
    );
  return (
    <div class="who">
      <a href="/account/" aria-current={section === "/account/" ? "page" : undefined} title={principal.level}>
        <span class="visually-hidden">Your account, </span>
        {principal.name}
      </a>
      <form method="post" action="/account/sign-out">
        <button type="submit">Sign out</button>
      </form>
    </div>
  );
}
