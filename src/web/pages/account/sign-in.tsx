import { Field, Hidden, PostForm } from "../../components/forms.tsx";
import { type PageContext, type PageRequest, type PageResponse, queryText } from "../../page.ts";
import { narrowPage } from "./narrow.tsx";

export async function signInPage(context: PageContext, request: PageRequest): Promise<PageResponse> {
  const { kind, name } = request.principal;
  const next = request.form?.typed.next ?? queryText(request, "next");
  return narrowPage(context, request, {
    title: "Sign in",
    content: (
      <>
        {kind === "nobody" ? null : (
          <p>
            You are signed in as <strong>{name}</strong>. <a href="/account/">Your account</a>
          </p>
        )}
        <PostForm request={request} name="sign-in" action="/account/sign-in">
          <Hidden name="next" value={next} />
          <Field label="Name" name="name" autocomplete="username" maxlength={64} />
          <Field label="Password" name="password" type="password" autocomplete="current-password" />
          <button type="submit" class="primary">
            Sign in
          </button>
        </PostForm>
      </>
    ),
    below: (
      <>
        <a href="/account/forgot">Forgot your password?</a> <a href="/account/register">Register</a>
      </>
    ),
  });
}
