import { Field } from "../../components/forms.tsx";

/** A password to be set, twice, as one cannot read what one types. */
export function NewPassword({ label }: { readonly label: string }) {
  return (
    <>
      <Field
        label={label}
        name="password"
        type="password"
        autocomplete="new-password"
        hint="At least 10 characters; a few words are best."
      />
      <Field label={`${label} again`} name="repeat" type="password" autocomplete="new-password" />
    </>
  );
}
