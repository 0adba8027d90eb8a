import type { ComponentChildren } from "preact";
import { hasLevel, type Principal } from "#accounts";
import { CALLS, isCallName } from "#api";
import { urls } from "../urls.ts";

interface CallLinkProps {
  readonly name: string;
  readonly given: Readonly<Record<string, string>>;
  readonly class?: string;
  /** Who sees it: without the level of the call it is not there. Without one, everybody does. */
  readonly principal?: Principal;
  /** What stands there where the program has no such call; default nothing. */
  readonly otherwise?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A link to the confirmation or result page of a call, where this program has that call. */
export function CallLink(props: CallLinkProps) {
  const { name, given, class: className, principal, otherwise = null, children } = props;
  if (!isCallName(name)) return <>{otherwise}</>;
  if (principal !== undefined && !hasLevel(principal, CALLS[name].level)) return <>{otherwise}</>;
  return (
    <a class={className} href={urls.call(name, given)}>
      {children}
    </a>
  );
}
