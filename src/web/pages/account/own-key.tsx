import type { OwnKey as Key } from "#accounts";
import { Facts, Section } from "../../components/basics.tsx";
import { ActionButton, outcomeOf, PostForm, TextField } from "../../components/forms.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { formatFingerprint, formatTime } from "../../format.ts";
import type { PageRequest } from "../../page.ts";

/** The key that signs uploads: its state, and the form that sets it. */
export function OwnKey({
  request,
  current,
}: {
  readonly request: PageRequest;
  readonly current: Key | undefined;
}) {
  const form = (
    <PostForm request={request} name="key" action="/account/key">
      <TextField
        label="Public key"
        name="key"
        rows={6}
        hint={
          <>
            As printed by <code>gpg --armor --export ADDRESS</code>.
          </>
        }
      />
      <button type="submit">{current === undefined ? "Save the key" : "Replace the key"}</button>
    </PostForm>
  );
  return (
    <Section
      title="OpenPGP key"
      id="key"
      actions={
        current === undefined ? null : (
          <ActionButton action="/account/key/remove" words="Remove" subject="your key" />
        )
      }
    >
      {current === undefined ? (
        <>
          <p class="sub">Uploads are signed with it. It can upload when an administrator has activated it.</p>
          {form}
        </>
      ) : (
        <>
          <KeyFacts current={current} />
          <details open={outcomeOf(request, "key") !== undefined}>
            <summary>Replace it by another</summary>
            {form}
          </details>
        </>
      )}
    </Section>
  );
}

function KeyFacts({ current }: { readonly current: Key }) {
  const waits = current.state === "waiting";
  return (
    <Facts
      facts={[
        [
          "State",
          <span class="full">
            <StateBadge state={current.state} /> {waits ? "an administrator must activate it" : null}
          </span>,
        ],
        ["Fingerprint", <code class="fingerprint">{formatFingerprint(current.fingerprint)}</code>],
        ["Of", current.userIds.join(", ")],
        ["Kind", current.algorithm],
        ["Made", formatTime(current.created)],
        ["Ends", current.expires === undefined ? "never" : formatTime(current.expires)],
      ]}
    />
  );
}
