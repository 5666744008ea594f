import type { Cause } from '../cause.js';
import { wholeFormat } from '../content-rule.js';
import { normaliseLines } from '../text-rule.js';
import { CTIME } from './dates.js';

/* java.util.Properties.store() */
const STORE_DATE = new RegExp(`^#${CTIME}(\\r?)$`);
const LAST_UPDATED = /^(.{1,500}lastUpdated=)\d{13}(\r?)$/;
const MANIFEST_TIME =
  /^((?:Bnd-LastModified|Build-Time|Build-Date|Build-Timestamp|Built-Date|Build-Time-ISO-8601): ?)[0-9A-Za-z:.,+ -]{8,60}(\r?)$/;

const MAVEN_GUIDE = 'https://maven.apache.org/guides/mini/guide-reproducible-builds.html';

/** What Java's tools write. */
export const JVM: readonly Cause[] = [
  {
    id: 'maven-local-repository',
    title: 'Maven keeps the time at which it asked for each artifact',
    class: 'benign',
    where: '_remote.repositories, *.lastUpdated, resolver-status.properties',
    shape: 'The date in a comment, and milliseconds since 1970 behind lastUpdated; all else is the same.',
    remedy:
      'Keep the repository out of the image: RUN --mount=type=cache,target=FOLDER mvn package, with the whole name of the repository; or build in a stage of its own.',
    references: [MAVEN_GUIDE],
    rule: {
      what: 'content',
      paths: ['**/{_remote.repositories,_maven.repositories,resolver-status.properties,*.lastUpdated}'],
      normalise: normaliseLines((line) => line.replace(STORE_DATE, '#$1').replace(LAST_UPDATED, '$1$2')),
    },
  },
  {
    id: 'java-properties-date',
    title: 'Java writes the date into properties files',
    class: 'benign',
    where: 'pom.properties, *.properties',
    shape: 'The date in a comment, as java.util.Properties writes it; all properties are the same.',
    remedy:
      'Maven: set project.build.outputTimestamp. Else run with -Djava.properties.date=… (Java 18 or later), or write the file without Properties.store().',
    references: [MAVEN_GUIDE, 'https://bugs.openjdk.org/browse/JDK-8273727'],
    rule: {
      what: 'content',
      paths: ['**/*.properties'],
      normalise: normaliseLines((line) => line.replace(STORE_DATE, '#$1')),
    },
  },
  {
    id: 'jar-manifest-time',
    title: 'The manifest of a JAR says when it was built',
    class: 'benign',
    where: 'META-INF/MANIFEST.MF',
    shape: 'Bnd-LastModified, Build-Time and fields like those; all others are the same.',
    remedy:
      'Maven: set project.build.outputTimestamp, and leave such entries out of the manifest; bnd: -noextraheaders: true',
    references: [MAVEN_GUIDE, 'https://reproducible-builds.org/docs/jvm/'],
    rule: {
      what: 'content',
      paths: ['**/META-INF/MANIFEST.MF'],
      normalise: normaliseLines((line) => line.replace(MANIFEST_TIME, '$1$2')),
    },
  },
  {
    id: 'java-cds-archive',
    title: 'The class data archive of the JDK was dumped anew',
    class: 'review',
    where: 'lib/server/classes*.jsa',
    shape: 'An archive of class data, whole; what it holds is not looked into.',
    remedy:
      'Copy a JDK as it was released instead of dumping the archive in the build (java -Xshare:dump), or use a newer JDK in a fixed folder.',
    references: ['https://github.com/adoptium/temurin-build/issues/4403'],
    rule: {
      what: 'content',
      paths: ['**/classes*.jsa'],
      normalise: wholeFormat('\xa2\xab\x0b\xf0', '\xf0\x0b\xab\xa2'),
    },
  },
];
