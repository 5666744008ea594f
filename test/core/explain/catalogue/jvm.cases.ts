import type { CauseCases } from '../cause-case.js';
import { tool, written } from '../evidence.js';

export const JVM_CASES: readonly CauseCases[] = [
  {
    id: 'maven-local-repository',
    takesOut: /(?<=^#).*\d{4}$|(?<=lastUpdated=)\d+/gm,
    shows: [
      written(
        'root/.m2/repository/a/a/1/_remote.repositories',
        '#NOTE: This is a Maven Resolver internal implementation file, its format can be changed without prior notice.\n#Mon Nov 23 12:44:34 UTC 2026\na-1.jar>central=\n',
        '#NOTE: This is a Maven Resolver internal implementation file, its format can be changed without prior notice.\n#Tue Nov 24 13:50:41 UTC 2026\na-1.jar>central=\n',
        'as Maven Resolver writes it',
      ),
      written(
        'root/.m2/repository/a/a/1/a-1.pom.lastUpdated',
        '#Mon Nov 23 12:44:34 UTC 2026\nhttps\\://repo/.lastUpdated=1795437874000\n',
        '#Tue Nov 24 13:50:41 UTC 2026\nhttps\\://repo/.lastUpdated=1795528241000\n',
        'as Maven Resolver writes it',
      ),
    ],
    misses: [
      written(
        'root/.m2/repository/a/a/1/_remote.repositories',
        '#Mon Nov 23 12:44:34 UTC 2026\na-1.jar>central=\n',
        '#Tue Nov 24 13:50:41 UTC 2026\na-1.jar>other=\n',
        'another repository',
      ),
    ],
  },
  {
    id: 'java-properties-date',
    takesOut: /(?<=^#).*$/gm,
    shows: [tool('java-properties', 'opt/app/pom.properties', 'java.util.Properties.store() on two days')],
    misses: [
      written(
        'opt/app/pom.properties',
        '#Mon Nov 23 12:44:34 UTC 2026\nversion=1.0\n',
        '#Tue Nov 24 13:50:41 UTC 2026\nversion=1.1\n',
        'another version',
      ),
      written('opt/app/a.properties', '#one\na=1\n', '#two\na=1\n', 'another comment'),
    ],
  },
  {
    id: 'jar-manifest-time',
    takesOut: /(?<=Bnd-LastModified: )\d+/g,
    shows: [
      written(
        'opt/app/META-INF/MANIFEST.MF',
        'Manifest-Version: 1.0\r\nBnd-LastModified: 1795437874000\r\nMain-Class: a.B\r\n\r\n',
        'Manifest-Version: 1.0\r\nBnd-LastModified: 1795528241000\r\nMain-Class: a.B\r\n\r\n',
        'as bnd writes it',
      ),
    ],
    misses: [
      written(
        'opt/app/META-INF/MANIFEST.MF',
        'Manifest-Version: 1.0\r\nBnd-LastModified: 1795437874000\r\nMain-Class: a.B\r\n\r\n',
        'Manifest-Version: 1.0\r\nBnd-LastModified: 1795528241000\r\nMain-Class: a.C\r\n\r\n',
        'another main class',
      ),
    ],
  },
  {
    id: 'java-cds-archive',
    takesOut: 'whole',
    shows: [
      written(
        'opt/java/lib/server/classes.jsa',
        Buffer.from('a2ab0bf00c00000001', 'hex'),
        Buffer.from('a2ab0bf00c00000002', 'hex'),
        'CDS_ARCHIVE_MAGIC, by src/hotspot/share/include/cds.h',
      ),
    ],
    misses: [
      written('opt/java/lib/server/classes.jsa', Buffer.from('a2ab0bf001', 'hex'), 'text', 'no archive on one side'),
    ],
  },
];
