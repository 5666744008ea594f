/**
 * `reporting.mjs with|without DIR IMAGE0 IMAGE1`: writes a report folder, with or without looking into the contents of
 * differing files. Run as a process of its own, to tell what differences of contents and causes take.
 */
import { diffImages } from '../packages/core/dist/diff-images.js';

const [mode, reportDir = '', image0 = '', image1 = ''] = process.argv.slice(2);
await diffImages(image0, image1, { mode: 'semantic', reportDir, contents: mode === 'with' });
