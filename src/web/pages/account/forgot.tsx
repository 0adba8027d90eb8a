import { Field, PostForm } from "../../components/forms.tsx";
import { type PageContext, type PageRequest, type PageResponse, queryText } from "../../page.ts";
import { narrowPage } from "./narrow.tsx";
import { NewPassword } from "./new-password.tsx";

export async function forgotPage(context: PageContext, request: PageRequest): Promise<PageResponse> {
  return narrowPage(context, request, {
    title: "Forgot your password?",
    content: (
      <PostForm request={request} name="forgot" action="/account/forgot">
        <Field
          label="Name or mail address"
          name="who"
          autocomplete="username"
          hint="We send a link with which you set a new password."
        />
        <button type="submit" class="primary">
          Send the link
        </button>
      </PostForm>
    ),
    below: <a href="/account/sign-in">Sign in</a>,
  });
}

/** Behind a link with a secret that works once. */
export async function resetPage(context: PageContext, request: PageRequest): Promise<PageResponse> {
  const secret = queryText(request, "secret");
  return narrowPage(context, request, {
    title: "Set a new password",
    content: (
      <PostForm request={request} name="reset" action={`/account/reset?secret=${encodeURIComponent(secret)}`}>
        <NewPassword label="New password" />
        <p class="sub">This ends all sessions of your account.</p>
        <button type="submit" class="primary">
          Set the password
        </button>
      </PostForm>
    ),
    below: <a href="/account/forgot">Ask for another link</a>,
  });
}
