import { Field, PostForm } from "../../components/forms.tsx";
import { type PageContext, type PageRequest, type PageResponse, queryText } from "../../page.ts";
import { narrowPage } from "./narrow.tsx";
import { NewPassword } from "./new-password.tsx";

export async function registerPage(context: PageContext, request: PageRequest): Promise<PageResponse> {
  return narrowPage(context, request, {
    title: "Register",
    content: (
      <PostForm request={request} name="register" action="/account/register">
        <Field
          label="Name"
          name="name"
          autocomplete="username"
          maxlength={64}
          hint="Letters, digits and . _ @ + -"
        />
        <Field
          label="Mail address"
          name="email"
          type="email"
          autocomplete="email"
          optional
          hint="Notifications go there, and a link when you forget your password."
        />
        <NewPassword label="Password" />
        <button type="submit" class="primary">
          Register
        </button>
      </PostForm>
    ),
    below: (
      <>
        Registered already? <a href="/account/sign-in">Sign in</a>
      </>
    ),
  });
}

/** Behind the link of a mail. Programs that look at mails follow links, so the link only shows the button. */
export async function confirmPage(context: PageContext, request: PageRequest): Promise<PageResponse> {
  const secret = queryText(request, "secret");
  return narrowPage(context, request, {
    title: "Confirm your address",
    content: (
      <PostForm
        request={request}
        name="confirm"
        action={`/account/confirm?secret=${encodeURIComponent(secret)}`}
      >
        <p>This completes your registration.</p>
        <button type="submit" class="primary">
          Confirm
        </button>
      </PostForm>
    ),
  });
}
