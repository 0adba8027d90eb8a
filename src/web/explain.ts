/** What a state's reason means for the person who waits for it (pipeline.md 3), and what to do about it. */
export interface Explanation {
  readonly what: string;
  readonly next: string;
}

const BUILD: Readonly<Record<string, Explanation>> = {
  package: {
    what: "The package did not build.",
    next: "Fix what the lines below say, then upload a higher version.",
  },
  qa: {
    what: "The package built, but a quality check did not pass.",
    next: "Fix it, or change the check with an upload option such as lintian-mode=IGNORE.",
  },
  timeout_stalled: {
    what: "The build printed nothing for too long and was ended.",
    next: "Look at the end of the log for what it was waiting for; long tests should print something.",
  },
  timeout_total: {
    what: "The build took longer than a build may.",
    next: "Retry it if the builder was busy; otherwise make the build shorter or raise the limit.",
  },
  log_limit: { what: "The log grew larger than a log may.", next: "Make the build print less." },
  disk_limit: {
    what: "The builder ran out of disk space and ended the largest build.",
    next: "Free space on the builder, then retry.",
  },
  memory_limit: {
    what: "The build needed more memory than a build may.",
    next: "Lower the parallelism with deb-build-options=parallel=1, or give the builder more memory.",
  },
  result_invalid: {
    what: "The build ended well, but what it left is not what was asked for.",
    next: "The message names the file; fix debian/control or debian/rules accordingly.",
  },
  builder: {
    what: "The builder failed several times; the package is not to blame.",
    next: "An administrator looks at the chroot and the end of the log, then retries.",
  },
  dep_wait: {
    what: "Build dependencies could not be installed.",
    next: "Upload or port the missing packages to this distribution, then retry.",
  },
  no_builder: {
    what: "No builder could take this build for a whole day.",
    next: "Set up a chroot for this codename and architecture, then retry.",
  },
};

const PACKAGING: Readonly<Record<string, Explanation>> = {
  version_exists: {
    what: "The repository got this version from elsewhere in the meantime.",
    next: "Upload a higher version.",
  },
  superseded: {
    what: "A newer version overtook this one.",
    next: "Nothing to do, unless the newer one should not have been there.",
  },
  pool_conflict: {
    what: "A file of this name is in the repository with other content.",
    next: "Give the changed file another version.",
  },
  repository_inactive: {
    what: "The repository was switched off.",
    next: "An administrator activates it, then retries.",
  },
  internal_error: {
    what: "Something went wrong inside mini-buildd.",
    next: "Retry; if it happens again, the daemon's log has the details.",
  },
};

export function explainBuild(reason: string | null): Explanation | undefined {
  return reason !== null && Object.hasOwn(BUILD, reason) ? BUILD[reason] : undefined;
}

export function explainPackaging(reason: string | null): Explanation | undefined {
  const known = { ...BUILD, ...PACKAGING };
  return reason !== null && Object.hasOwn(known, reason) ? known[reason] : undefined;
}
