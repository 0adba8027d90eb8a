import type { Executor } from "../database.ts";
import { create, integers, reference, required, texts, withId } from "../table-builder.ts";

/** What an instance is set up for: sources, chroots, layouts, repositories. */
export async function setup(db: Executor): Promise<void> {
  await create(db, "source", (t) =>
    texts(
      withId(t, db),
      "origin",
      "codename",
      "archives",
      "keyring",
      "match",
      "remove_from_component",
      "state",
      "description",
      "codeversion",
      "components",
      "architectures",
    )
      .addColumn("check_valid_until", "integer", required)
      .addColumn("error", "text")
      .addColumn("checked_at", "text")
      .addColumn("release_date", "text")
      .addColumn("codeversion_override", "text")
      .addColumn("codeversion_seen", "text")
      .addUniqueConstraint("source_once", ["origin", "codename"]),
  );
  await create(db, "chroot", (t) =>
    texts(withId(t, db), "codename", "arch", "backend", "state")
      .addColumn("tarball", "text")
      .addColumn("stamp", "text")
      .addColumn("error", "text")
      .addColumn("made_at", "text")
      .addColumn("checked_at", "text")
      .addUniqueConstraint("chroot_once", ["codename", "arch"]),
  );
  await create(db, "layout", (t) =>
    texts(
      withId(t, db),
      "name",
      "default_version",
      "mandatory_version_regex",
      "experimental_default_version",
      "experimental_mandatory_version_regex",
      "meta_distributions",
    ).addUniqueConstraint("layout_name", ["name"]),
  );
  await create(db, "suite", (t) =>
    integers(
      texts(withId(t, db), "name")
        .addColumn("layout_id", "integer", reference("layout.id"))
        .addColumn("migrates_to", "text"),
      "uploadable",
      "experimental",
      "build_keyring_package",
      "auto_migrate_after",
      "not_automatic",
      "but_automatic_upgrades",
      "rollback",
      "sources_per_component",
    ).addUniqueConstraint("suite_once", ["layout_id", "name"]),
  );
  await create(db, "repository", (t) =>
    texts(withId(t, db), "identity", "origin", "description", "extra_uploader_keyrings", "created_at")
      .addColumn("layout_id", "integer", reference("layout.id"))
      .addColumn("allow_unauthenticated_uploads", "integer", required)
      .addColumn("active", "integer", required)
      .addUniqueConstraint("repository_identity", ["identity"]),
  );
  await create(db, "distribution", (t) =>
    texts(
      withId(t, db),
      "codename",
      "components",
      "extra_sources",
      "lintian_mode",
      "lintian_extra_options",
      "lintian_warnfail_options",
      "autopkgtest_mode",
      "piuparts_mode",
      "build_dep_resolver",
      "deb_build_options",
      "deb_build_profiles",
    )
      .addColumn("internal_apt_priority", "integer", required)
      .addColumn("repository_id", "integer", reference("repository.id"))
      .addColumn("source_id", "integer", reference("source.id"))
      .addUniqueConstraint("distribution_once", ["repository_id", "codename"]),
  );
  await create(db, "distribution_arch", (t) =>
    integers(
      texts(t.addColumn("distribution_id", "integer", reference("distribution.id")), "arch"),
      "optional",
      "arch_all",
    ).addPrimaryKeyConstraint("distribution_arch_pk", ["distribution_id", "arch"]),
  );
}
