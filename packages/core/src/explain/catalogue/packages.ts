import type { Cause } from '../cause.js';

/** What follows from other versions of packages; which they are is told by `packages` of the report. */
export const PACKAGES: readonly Cause[] = [
  {
    id: 'package-version',
    title: 'Another version of a package was installed',
    class: 'review',
    where:
      'Files of packages that dpkg or apk lists in another version on either side, and what the databases say of those packages',
    shape:
      "Each side's file is the one that the package lists, by its digest in the package's own list. A file that the list does not have, or has with another digest, is not this; nor are scripts that dpkg runs for the package (no list has them), and added files with set-id bits or capabilities.",
    remedy:
      'Install from a fixed state of the distribution: snapshot.debian.org by its date (ENV and sources.list in the Dockerfile, or repro-sources-list.sh), packages with =VERSION, for Alpine a mirror of your own; or a base image by digest that has them already.',
    references: ['https://snapshot.debian.org/', 'https://github.com/reproducible-containers/repro-sources-list.sh'],
    rule: { what: 'package' },
  },
];
