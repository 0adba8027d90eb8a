import { type ComponentChild, type ComponentChildren, createContext } from "preact";
import { useContext } from "preact/hooks";
import type { FormOutcome, PageRequest, Refusal } from "../page.ts";

interface FormState {
  readonly name: string;
  readonly typed: Readonly<Record<string, string>>;
  readonly refused?: Refusal | undefined;
}

const FormContext = createContext<FormState>({ name: "", typed: {} });

/** What came of the form of that name, when it was this one that was sent. */
export function outcomeOf(request: PageRequest, name: string): FormOutcome | undefined {
  return request.form?.name === name ? request.form : undefined;
}

/** A form that changes something. Why it was refused stands at its field, or above all when it is about none. */
export function PostForm(props: {
  readonly request: PageRequest;
  readonly name: string;
  readonly action: string;
  readonly look?: string;
  readonly children: ComponentChildren;
}) {
  const { request, name, action, look = "fields", children } = props;
  const { typed = {}, refused } = outcomeOf(request, name) ?? {};
  return (
    <FormContext.Provider value={{ name, typed, refused }}>
      <form method="post" action={action} class={look}>
        {refused === undefined || refused.field !== undefined ? null : (
          <div class="note bad" role="alert">
            <RefusalText refused={refused} />
          </div>
        )}
        {children}
      </form>
    </FormContext.Provider>
  );
}

function RefusalText({ refused }: { readonly refused: Refusal }) {
  return (
    <>
      <p>{refused.message}</p>
      {refused.hint === undefined ? null : <p class="sub">{refused.hint}</p>}
    </>
  );
}

interface FieldProps {
  readonly label: string;
  readonly name: string;
  /** What it is filled with before anything was typed. */
  readonly value?: string | undefined;
  readonly hint?: ComponentChild;
}

interface InputProps extends FieldProps {
  readonly type?: "text" | "email" | "password" | "number";
  readonly autocomplete?: string;
  readonly optional?: boolean;
  readonly maxlength?: number;
  readonly list?: readonly string[];
}

/** A labelled line to type in. What was typed stays, but for passwords. */
export function Field(props: InputProps) {
  const { name, type = "text", optional = false, list } = props;
  const { id, value, describedBy, refused } = useField(props);
  return (
    <FieldFrame {...props} id={id} refused={refused}>
      <input
        id={id}
        type={type}
        name={name}
        value={type === "password" ? undefined : value}
        required={!optional}
        maxlength={props.maxlength ?? (type === "password" ? 1024 : 200)}
        min={type === "number" ? 1 : undefined}
        autocomplete={props.autocomplete ?? "off"}
        autocapitalize="none"
        spellcheck={false}
        list={list === undefined ? undefined : `${id}-list`}
        aria-describedby={describedBy}
        aria-invalid={refused === undefined ? undefined : "true"}
      />
      {list === undefined ? null : (
        <datalist id={`${id}-list`}>
          {list.map((item) => (
            <option key={item} value={item} />
          ))}
        </datalist>
      )}
    </FieldFrame>
  );
}

export function TextField(props: FieldProps & { readonly rows: number }) {
  const { id, value, describedBy, refused } = useField(props);
  return (
    <FieldFrame {...props} id={id} refused={refused}>
      <textarea
        id={id}
        name={props.name}
        rows={props.rows}
        required
        spellcheck={false}
        aria-describedby={describedBy}
        aria-invalid={refused === undefined ? undefined : "true"}
      >
        {value}
      </textarea>
    </FieldFrame>
  );
}

export function ChoiceField(props: FieldProps & { readonly choices: readonly string[] }) {
  const { id, value, describedBy, refused } = useField(props);
  return (
    <FieldFrame {...props} id={id} refused={refused}>
      <select id={id} name={props.name} aria-describedby={describedBy}>
        {props.choices.map((choice) => (
          <option key={choice} value={choice} selected={choice === value}>
            {choice}
          </option>
        ))}
      </select>
    </FieldFrame>
  );
}

export function Hidden({ name, value }: { readonly name: string; readonly value: string }) {
  return <input type="hidden" name={name} value={value} />;
}

/** A form that is one button; `subject` tells those apart who only hear it. */
export function ActionButton(props: {
  readonly action: string;
  readonly words: string;
  readonly subject?: string;
  readonly hidden?: Readonly<Record<string, string>>;
}) {
  return (
    <form method="post" action={props.action} class="one-button">
      {Object.entries(props.hidden ?? {}).map(([name, value]) => (
        <Hidden key={name} name={name} value={value} />
      ))}
      <button type="submit">
        {props.words}
        {props.subject === undefined ? null : <span class="visually-hidden"> {props.subject}</span>}
      </button>
    </form>
  );
}

function useField({ name, value, hint }: FieldProps) {
  const form = useContext(FormContext);
  const id = `${form.name}-${name}`;
  const refused = form.refused?.field === name ? form.refused : undefined;
  const described = [
    ...(hint === undefined ? [] : [`${id}-hint`]),
    ...(refused === undefined ? [] : [`${id}-refused`]),
  ];
  return {
    id,
    refused,
    value: form.typed[name] ?? value,
    describedBy: described.length === 0 ? undefined : described.join(" "),
  };
}

function FieldFrame(
  props: FieldProps & {
    readonly id: string;
    readonly refused: Refusal | undefined;
    readonly children: ComponentChildren;
  },
) {
  const { id, label, hint, refused, children } = props;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children}
      {refused === undefined ? null : (
        <div class="refused" id={`${id}-refused`} role="alert">
          <RefusalText refused={refused} />
        </div>
      )}
      {hint === undefined ? null : (
        <p class="sub" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
