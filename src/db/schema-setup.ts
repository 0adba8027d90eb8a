import type { Generated } from "kysely";
import type { Flag } from "./schema-flag.ts";

/** What an instance is set up for: sources, chroots, layouts, repositories. */
export interface SetupTables {
  source: SourceTable;
  chroot: ChrootTable;
  layout: LayoutTable;
  suite: SuiteTable;
  repository: RepositoryTable;
  distribution: DistributionTable;
  distribution_arch: DistributionArchTable;
  block: BlockTable;
  migration_hold: MigrationHoldTable;
}

/** A base distribution or an extra one, such as Debian bookworm or bookworm-security. */
interface SourceTable {
  id: Generated<number>;
  origin: string;
  codename: string;
  archives: string; // JSON: mirror URLs, each ending with one slash, best first
  keyring: string; // OpenPGP keys, binary, base64
  match: string; // JSON {suite?, archive?, version?, label?}
  check_valid_until: Flag;
  remove_from_component: string;
  state: string; // unchecked, active, error
  error: string | null;
  checked_at: string | null;
  release_date: string | null; // newest accepted Date
  description: string;
  codeversion: string; // sticky
  codeversion_override: string | null;
  codeversion_seen: string | null; // what the last check computed
  components: string; // JSON
  architectures: string; // JSON, without all
}

interface ChrootTable {
  id: Generated<number>;
  codename: string;
  arch: string;
  backend: string; // unshare, schroot
  state: string; // missing, making, active, stale, error
  /** File name below chroots/, null until the first one is made. */
  tarball: string | null;
  stamp: string | null;
  error: string | null;
  made_at: string | null;
  checked_at: string | null;
  /** JSON: names of blocks of chroots, in their order. */
  blocks: Generated<string>;
}

interface LayoutTable {
  id: Generated<number>;
  name: string;
  default_version: string;
  mandatory_version_regex: string;
  experimental_default_version: string;
  experimental_mandatory_version_regex: string;
  meta_distributions: string; // words META=CODENAME-SUITE
}

interface SuiteTable {
  id: Generated<number>;
  layout_id: number;
  name: string;
  uploadable: Flag;
  experimental: Flag;
  migrates_to: string | null; // suite name of the same layout
  build_keyring_package: Flag;
  auto_migrate_after: number; // days, 0 off
  not_automatic: Flag;
  but_automatic_upgrades: Flag;
  rollback: number;
  sources_per_component: number;
  /** Several sources may have a binary package of one name. */
  shared_package_names: Generated<Flag>;
}

interface RepositoryTable {
  id: Generated<number>;
  identity: string;
  layout_id: number;
  /** Origin of all Release files, fixed at creation. */
  origin: string;
  description: string;
  allow_unauthenticated_uploads: Flag;
  extra_uploader_keyrings: string; // JSON: absolute paths
  active: Flag;
  /** Once a build that is needed failed, the others of the packaging are cancelled. */
  fail_fast: Generated<Flag>;
  created_at: string;
  /** JSON list: mail addresses that are told of everything. */
  notify: Generated<string>;
  notify_changed_by: Generated<Flag>;
  notify_maintainer: Generated<Flag>;
  /** Expression that addresses named by uploads must match as a whole; empty: those of the instance's host. */
  allow_emails_to: Generated<string>;
}

/** One codename of a repository. */
interface DistributionTable {
  id: Generated<number>;
  repository_id: number;
  source_id: number;
  codename: string;
  components: string; // JSON, main first
  extra_sources: string; // JSON [{source: id, priority}]
  lintian_mode: string;
  lintian_extra_options: string; // JSON list of words
  lintian_warnfail_options: string; // JSON list of words
  autopkgtest_mode: string;
  piuparts_mode: string;
  /** Which uploads may switch on one of these that is DISABLED: none, signed, all. */
  checks_by_uploads: Generated<string>;
  build_dep_resolver: string;
  internal_apt_priority: number;
  deb_build_options: string;
  deb_build_profiles: string;
  /** JSON: names of blocks of builds, in their order. */
  blocks: Generated<string>;
}

interface DistributionArchTable {
  distribution_id: number;
  arch: string;
  optional: Flag;
  arch_all: Flag;
}

/** A source that does not migrate by itself (pipeline.md 7.5). */
interface MigrationHoldTable {
  id: Generated<number>;
  /** Where it is held; of none that is live any more, it does nothing. */
  distribution: string;
  source: string;
  reason: string;
  held_by: string;
  created_at: string;
}

/** A block of the administrator's own (builds.md 11). */
interface BlockTable {
  id: Generated<number>;
  name: string;
  phase: string; // chroot, build
  /** From 1; goes up at every change, also over a removal. */
  version: number;
  removed: Flag;
  text: string;
  packages: string; // JSON list
  variables: string; // JSON object
  path: string; // JSON list
  changed_at: string;
}
