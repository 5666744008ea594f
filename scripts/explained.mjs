/**
 * Writes docs/explained.md, what of the fixtures' differences is explained: `node scripts/explained.mjs`, after a build.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const PAGE = new URL('../docs/explained.md', import.meta.url);
const FIXTURES = new URL('../fixtures/', import.meta.url);

/** @type {readonly (readonly [string, string])[]} */
const PAIRS = [
  ['apt-0.docker.tar', 'apt-1.docker.tar'],
  ['clock-buildkit-0.oci.tar', 'clock-buildkit-1.oci.tar'],
  ['clock-buildkit-1.oci.tar', 'clock-buildkit-1-gzip9.oci.tar'],
  ['clock-buildkit-1.oci.tar', 'clock-buildkit-1-zstd.oci.tar'],
  ['clock-buildkit-1.oci.tar', 'clock-buildkit-1-plain.oci.tar'],
  ['clock-buildkit-1.oci.tar', 'clock-buildkit-1.docker.tar'],
  ['clock-buildkit-1.oci.tar', 'clock-buildkit-1-layout'],
  ['clock-buildkit-1.oci.tar', 'clock-buildkit-1-provenance.oci.tar'],
  ['clock-buildkit-1.oci.tar', 'clock-save-classic.docker.tar'],
  ['clock-buildkit-1.oci.tar', 'clock-save-engine28-classic.docker.tar'],
  ['clock-buildkit-1.oci.tar', 'clock-save-containerd.docker.tar'],
  ['clock-buildkit-1.oci.tar', 'clock-buildkit-1-no-rewrite.oci.tar'],
  ['clock-buildkit-1.oci.tar', 'clock-buildah.oci.tar'],
  ['clock-buildah.oci.tar', 'clock-buildah.docker.tar'],
  ['clock-buildah.oci.tar', 'clock-podman-save.docker.tar'],
  ['clock-buildah.oci.tar', 'clock-buildah-one-layer.oci.tar'],
  ['clock-buildah.oci.tar', 'clock-buildah-dir'],
  ['multi-1.oci.tar', 'multi-2.oci.tar'],
  ['multi-1.oci.tar', 'multi-1-reordered.oci.tar'],
  ['arm64.oci.tar', 'arm64-variant.oci.tar'],
  ['own-layers.oci.tar', 'own-layers-empty.oci.tar'],
  ['own-layers.oci.tar', 'own-layers-inserted.oci.tar'],
  ['own-layers.oci.tar', 'own-layers-moved.oci.tar'],
  ['own-layers.oci.tar', 'own-layers-classic-squashed.oci.tar'],
  ['own-rules-buildah-vfs.oci.tar', 'own-rules-buildah-overlay.oci.tar'],
  ['own-rules-classic-overlay.oci.tar', 'own-rules-classic-overlay-again.oci.tar'],
  ['own-rules-classic-overlay.oci.tar', 'own-rules-buildkit-overlay.oci.tar'],
  ['own-rules-buildah-overlay.oci.tar', 'own-rules-buildkit-overlay.oci.tar'],
  ['own-rules-buildah-overlay.oci.tar', 'own-rules-podman-squashed.oci.tar'],
  ['own-rules-buildah-vfs.oci.tar', 'own-other-rules-buildah-vfs.oci.tar'],
  ['own-layers.oci.tar', 'own-umoci-repack.oci.tar'],
  ['own-umoci-insert-opaque.oci.tar', 'own-umoci-insert-whiteouts.oci.tar'],
];

/** Names of unexplained differences in a cell. */
const NAMED = 4;

/**
 * @param {typeof import('../packages/core/src/diff-images.js').diffImages} diffImages
 * @returns {Promise<string>}
 */
export async function explainedPage(diffImages) {
  const lines = [
    '# What is explained',
    '',
    'Pairs of fixtures (see fixtures/README.md), all platforms of them, contents looked into; made by',
    '`node scripts/explained.mjs`. A difference that counts is explained if a cause accounts for all of it; causes are in',
    '[causes.md](causes.md).',
    '',
    '| pair | mode | differences | explained | left |',
    '|-|-|-:|-:|-|',
  ];
  for (const [name0, name1] of PAIRS) {
    for (const mode of /** @type {const} */ (['strict', 'semantic'])) {
      const [path0, path1] = [name0, name1].map((name) => fileURLToPath(new URL(name, FIXTURES)));
      const report = await diffImages(String(path0), String(path1), { mode, contents: true, allPlatforms: true });
      const { counted, causes } = report.summary;
      const left = report.differences.filter(({ cause, ignoredBy }) => cause === undefined && ignoredBy === undefined);
      lines.push(
        `| \`${name0}\`, \`${name1}\` | ${mode} | ${counted} | ${causes?.explained ?? 0} | ${leftText(left)} |`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

/** @param {readonly import('../packages/core/src/report/report.js').ReportDifference[]} left */
function leftText(left) {
  if (left.length === 0) return 'nothing';
  const names = left.slice(0, NAMED).map(({ subject, path, field }) => `\`${path ?? subject}\` ${field}`);
  return [...names, ...(left.length > NAMED ? [`${left.length - NAMED} more`] : [])].join(', ');
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { diffImages } = await import('../packages/core/dist/index.js');
  writeFileSync(PAGE, await explainedPage(diffImages));
}
