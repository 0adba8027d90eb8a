import { formatDeb822, keyringPackageName, keyringPath } from "#deb";
import { type DistributionRows, distributionName } from "#repositories";

/** What the keyring package of an instance is made of. */
export interface KeyringFacts {
  readonly identity: string;
  readonly hostname: string;
  /** Address of the instance without a slash at its end. */
  readonly url: string;
  /** All keys that its archives are signed with now, as one binary keyring. */
  readonly keys: Uint8Array;
  readonly distributions: readonly DistributionRows[];
}

/** The files of its source package by path, but for the changelog (pipeline.md 8.2). */
export function keyringTree(facts: KeyringFacts): Record<string, string | Uint8Array> {
  const name = keyringPackageName(facts.identity);
  const examples = facts.distributions.flatMap((rows) => sourcesFiles(facts, rows));
  return {
    "debian/control": controlOf(name, facts),
    "debian/rules": "#!/usr/bin/make -f\n%:\n\tdh $@\n",
    "debian/source/format": "3.0 (native)\n",
    "debian/copyright": copyrightOf(name, facts),
    "debian/install": [
      `keyrings/${name}.gpg usr/share/keyrings/`,
      ...(examples.length === 0 ? [] : [`sources.list.d/*.sources ${EXAMPLES.slice(1)}/`]),
      "",
    ].join("\n"),
    [`keyrings/${name}.gpg`]: facts.keys,
    ...Object.fromEntries(examples.map(([file, text]) => [`sources.list.d/${file}`, text])),
  };
}

/** Where the package puts APT sources, to be copied or linked to /etc/apt/sources.list.d. */
const EXAMPLES = "/usr/share/mini-buildd/sources.list.d";

function sourcesFiles(
  { identity, url }: KeyringFacts,
  rows: DistributionRows,
): (readonly [string, string])[] {
  const { codename, components } = rows.distribution;
  const repository = rows.repository.identity;
  return rows.suites.flatMap((suite) => {
    const rollbacks = Array.from({ length: suite.rollback }, (_, number) => `-rollback${number}`);
    return ["", ...rollbacks].flatMap((rollback) =>
      (["deb", "deb-src"] as const).map((type) => {
        const end = type === "deb" ? "" : "_src";
        const text = formatDeb822({
          types: [type],
          uri: `${url}/repositories/${repository}/`,
          suites: [`${distributionName(rows, suite.name)}${rollback}`],
          components: JSON.parse(components) as string[],
          architectures: rows.archs.map(({ arch }) => arch),
          options: [],
          key: { kind: "path", path: keyringPath(identity) },
        });
        return [
          `${codename}_${identity}_${repository}_${suite.name}${rollback}${end}.sources`,
          text,
        ] as const;
      }),
    );
  });
}

function controlOf(name: string, { identity, hostname, url }: KeyringFacts): string {
  return `Source: ${name}
Section: misc
Priority: optional
Maintainer: mini-buildd-${identity} <mini-buildd@${hostname}>
Build-Depends: debhelper-compat (= 13)
Standards-Version: 4.6.2
Rules-Requires-Root: no
Homepage: ${url}/

Package: ${name}
Architecture: all
Multi-Arch: foreign
Depends: \${misc:Depends}
Description: archive keys of the mini-buildd instance ${identity}
 The OpenPGP keys that the repositories of this instance are signed with, and
 an APT source for each of its distributions.
 .
 Nothing is activated by the installation: copy or link what you want from
 ${EXAMPLES} to /etc/apt/sources.list.d.
`;
}

function copyrightOf(name: string, { url }: KeyringFacts): string {
  return `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: ${name}
Source: ${url}/

Files: *
Copyright: the administrators of ${url}/
License: public-domain
 Public keys and addresses are no works that anybody could hold rights in.
`;
}
