/**
 * A registry of the images in OCI archives, for the benchmark: `node bench/registry.mjs ARCHIVE…`. It serves them from
 * the disk as `image-0:latest`, `image-1:latest` … on a port of 127.0.0.1, which it writes to standard output, until it
 * is ended. Source: OCI distribution-spec, "Pull".
 */
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { createServer } from 'node:http';
import { pipeline } from 'node:stream';

/** @typedef {{ file: string, start: number, size: number }} Stored where a blob's bytes are */

const BLOCK = 512;
/** @type {Map<string, Stored>} */
const blobs = new Map();
/** @type {Map<string, { digest: string, mediaType: string }>} by name */
const manifests = new Map();

for (const [position, file] of process.argv.slice(2).entries()) {
  const { index } = readArchive(file);
  const [manifest] = index.manifests;
  if (manifest === undefined) throw new Error(`${file} names no image`);
  manifests.set(`image-${position}`, manifest);
}

const server = createServer((request, response) => {
  const match = /^\/v2\/(image-\d+)\/(manifests|blobs)\/([^/]+)$/.exec(request.url ?? '');
  const manifest = manifests.get(match?.[1] ?? '');
  if (match === null || manifest === undefined) {
    response.writeHead(request.url === '/v2/' ? 200 : 404).end();
    return;
  }
  const isManifest = match[2] === 'manifests';
  const digest = isManifest && !match[3]?.includes(':') ? manifest.digest : String(match[3]);
  const blob = blobs.get(digest);
  if (blob === undefined) {
    response.writeHead(404).end();
    return;
  }
  const { file, start, size } = blob;
  response.writeHead(200, {
    'content-type': isManifest ? manifest.mediaType : 'application/octet-stream',
    'content-length': size,
  });
  pipeline(createReadStream(file, { start, end: start + size - 1, highWaterMark: 1024 ** 2 }), response, () => {});
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${/** @type {import('node:net').AddressInfo} */ (server.address()).port}\n`);
});

/**
 * Notes where the blobs of an archive are; its members are plain files under short names.
 * @param {string} file
 * @returns {{ index: { manifests: { digest: string, mediaType: string }[] } }}
 */
function readArchive(file) {
  const fd = openSync(file, 'r');
  const header = Buffer.alloc(BLOCK);
  let index = { manifests: [] };
  for (let at = 0; readSync(fd, header, 0, BLOCK, at) === BLOCK && header[0] !== 0; ) {
    const name = header.toString('latin1', 0, header.indexOf(0));
    const size = Number.parseInt(header.toString('latin1', 124, 135), 8);
    const start = at + BLOCK;
    if (name === 'index.json') {
      const bytes = Buffer.alloc(size);
      readSync(fd, bytes, 0, size, start);
      index = JSON.parse(bytes.toString());
    } else if (name.startsWith('blobs/sha256/')) {
      blobs.set(name.slice('blobs/'.length).replace('/', ':'), { file, start, size });
    }
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  closeSync(fd);
  return { index };
}
