import type { ArgumentView } from "#api";
import { labelOf } from "./label.ts";

/** More choices than these are offered as suggestions only. */
const MAX_BOXES = 24;
const MAX_SUGGESTIONS = 1000;

interface ControlProps {
  readonly id: string;
  readonly argument: ArgumentView;
  readonly given: string | undefined;
  /** Ids of what explains it. */
  readonly described: string;
  readonly bad: boolean;
}

/** The input of an argument. Defaults are hints and never sent: what is left empty counts as not given. */
export function Control(props: ControlProps) {
  const { id, argument, given } = props;
  const common = {
    id,
    name: argument.name,
    "aria-describedby": props.described,
    "aria-invalid": props.bad ? ("true" as const) : undefined,
    // Who sent something wrong goes on where it is.
    autofocus: props.bad,
  };
  if (argument.html === "checkbox")
    return <input {...common} type="checkbox" value="True" checked={given === "True"} />;
  if (argument.html === "textarea")
    return (
      <textarea {...common} rows={10} required={argument.required} spellcheck={false}>
        {/* A browser drops the first line end of a text area. */}
        {given === undefined ? "" : `\n${given}`}
      </textarea>
    );
  if (argument.html === "select")
    return (
      <select {...common} required={argument.required}>
        <option value="">{argument.required ? "" : `${argument.default} (default)`}</option>
        {argument.choices.map((item) => (
          <option key={item} selected={item === given}>
            {item}
          </option>
        ))}
      </select>
    );
  if (argument.kind === "list" && argument.choices.length > 0 && argument.choices.length <= MAX_BOXES)
    return <ListControl {...props} />;
  return (
    <>
      <input
        {...common}
        type={argument.html}
        value={given ?? ""}
        min={argument.range?.[0]}
        max={argument.range?.[1]}
        placeholder={placeholderOf(argument)}
        required={argument.required}
        autocomplete="off"
        spellcheck={false}
        list={argument.choices.length === 0 ? undefined : `${id}-choices`}
      />
      <Suggestions id={`${id}-choices`} choices={argument.choices} />
    </>
  );
}

/** A list: its known items to choose from, and room for others, such as patterns. Both are sent under one name. */
function ListControl({ id, argument, given, described, bad }: ControlProps) {
  const items = (given ?? "").split(",").map((item) => item.trim());
  const others = items.filter((item) => !argument.choices.includes(item));
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset's legend would say again what the label says */}
      <div class="boxes" role="group" aria-label={labelOf(argument)}>
        {argument.choices.map((item) => (
          <label key={item}>
            <input type="checkbox" name={argument.name} value={item} checked={items.includes(item)} /> {item}
          </label>
        ))}
      </div>
      <input
        id={id}
        name={argument.name}
        type="text"
        value={others.join(",")}
        placeholder={`or as text: ${argument.choices.slice(0, 2).join(",")}`}
        autocomplete="off"
        spellcheck={false}
        aria-describedby={described}
        aria-invalid={bad ? "true" : undefined}
        autofocus={bad}
      />
    </>
  );
}

function Suggestions({ id, choices }: { readonly id: string; readonly choices: readonly string[] }) {
  if (choices.length === 0) return null;
  return (
    <datalist id={id}>
      {choices.slice(0, MAX_SUGGESTIONS).map((item) => (
        <option key={item} value={item} />
      ))}
    </datalist>
  );
}

function placeholderOf(argument: ArgumentView): string {
  if (!argument.required && argument.default !== "") return argument.default.slice(0, 80);
  return argument.example === "" ? "" : `such as ${argument.example}`;
}
