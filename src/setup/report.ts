/** What `setup` found or made (api.md). */
export type SetupStatus = "MISSING" | "EXISTS" | "ACTIVE" | "CHANGED" | "FAILED" | "DEACTIVATED";

export interface SetupInstance {
  /** archive, source, repository, distribution, meta distribution, chroot */
  readonly kind: string;
  readonly name: string;
  readonly status: SetupStatus;
  readonly message?: string;
  /** For CHANGED: what differs. */
  readonly diff?: string;
}

export interface SetupReport {
  readonly instances: SetupInstance[];
  /** 0 none, 1 notable, 2 warnings, 3 errors. */
  readonly severity: number;
  readonly message: string;
}

const SEVERITY: Readonly<Partial<Record<SetupStatus, number>>> = {
  MISSING: 2,
  CHANGED: 2,
  FAILED: 3,
  DEACTIVATED: 1,
};
const MESSAGES = ["No issues found", "Notable issues found", "Warnings found", "Errors found"];

export function reportOf(instances: readonly SetupInstance[]): SetupReport {
  const severity = Math.max(0, ...instances.map((instance) => SEVERITY[instance.status] ?? 0));
  return { instances: [...instances], severity, message: MESSAGES[severity] ?? "" };
}
