import { expect, test } from "vitest";
import { parseListFile, parseSourcesFile } from "./apt-sources.ts";

test("deb822: each URI and suite is a source; disabled, source-only, flat and local ones are not", () => {
  const text = `# a comment
Types: deb deb-src
URIs: http://one.example/debian https://two.example/debian///
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/a.gpg
Check-Valid-Until: no

Types: deb
URIs: http://off.example/
Suites: bookworm
Components: main
Enabled: no

Types: deb-src
URIs: http://src.example/
Suites: bookworm
Components: main

Types: deb
URIs: http://flat.example/ file:/srv/x cdrom:x mirror+http://m.example/list
Suites: ./
`;

  const sources = parseSourcesFile(text, "x.sources");

  const rest = {
    components: ["main", "contrib"],
    signedBy: "/usr/share/keyrings/a.gpg",
    checkValidUntil: false,
  };
  expect(sources).toEqual([
    { uri: "http://one.example/debian/", suite: "bookworm", ...rest },
    { uri: "http://one.example/debian/", suite: "bookworm-updates", ...rest },
    { uri: "https://two.example/debian/", suite: "bookworm", ...rest },
    { uri: "https://two.example/debian/", suite: "bookworm-updates", ...rest },
  ]);
});

test("one-line style, with and without options", () => {
  const text = `deb http://one.example/debian bookworm main contrib # comment
#deb http://no.example/ bookworm main
deb [ arch=amd64 signed-by=/k.gpg check-valid-until=no ] http://two.example/debian/ bookworm-security main
deb-src http://src.example/ bookworm main
deb http://flat.example/ ./
deb cdrom:[Debian]/ bookworm main
`;

  expect(parseListFile(text)).toEqual([
    {
      uri: "http://one.example/debian/",
      suite: "bookworm",
      components: ["main", "contrib"],
      signedBy: "",
      checkValidUntil: true,
    },
    {
      uri: "http://two.example/debian/",
      suite: "bookworm-security",
      components: ["main"],
      signedBy: "/k.gpg",
      checkValidUntil: false,
    },
  ]);
});
