import type { ComponentChildren } from "preact";
import { isCallName } from "#api";
import { urls } from "../urls.ts";

interface CallLinkProps {
  readonly name: string;
  readonly given: Readonly<Record<string, string>>;
  readonly class?: string;
  /** What stands there where the program has no such call; default nothing. */
  readonly otherwise?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A link to the confirmation or result page of a call, where this program has that call. */
export function CallLink({ name, given, class: className, otherwise = null, children }: CallLinkProps) {
  if (!isCallName(name)) return <>{otherwise}</>;
  return (
    <a class={className} href={urls.call(name, given)}>
      {children}
    </a>
  );
}
