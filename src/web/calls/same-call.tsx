import { type CallDefinition, commandLine, curlLine } from "#api";
import { Section } from "../components/basics.tsx";
import { CopyBlock } from "../components/copy-block.tsx";

/** The same call for a shell. */
export function SameCall(props: {
  readonly definition: CallDefinition;
  readonly given: Readonly<Record<string, string>>;
  readonly url: string;
}) {
  const { definition, given, url } = props;
  return (
    <Section title="The same from a shell" look="shell">
      <CopyBlock text={commandLine(definition, given, url)} label="Command line" />
      <CopyBlock text={curlLine(definition, given, url)} label="Request with curl" />
      {definition.level === "NONE" ? null : (
        <p class="sub">
          <code>$TOKEN</code> is an API token of level {definition.level} or higher.
        </p>
      )}
    </Section>
  );
}
