import type { FormatDecoder } from './format-decoder.js';
import { compareParts, type Part } from './parts.js';
import { describeBytes, textValue } from './values.js';

const MACHINE_ID = /^[0-9a-f]{32}\n?$/;

/** The ID of a machine, or null for anything else (`uninitialized`, an empty file). Source: machine-id(5). */
export function parseMachineId(content: Uint8Array): string | null {
  if (content.length > 33) return null;
  const text = textValue(content);
  return MACHINE_ID.test(text) ? text.slice(0, 32) : null;
}

export const MACHINE_ID_FILE: FormatDecoder = {
  format: 'machine-id',
  text: true,
  recognises: (path, content) =>
    (path === 'etc/machine-id' || path === 'var/lib/dbus/machine-id') && parseMachineId(content) !== null,
  compare(content0, content1) {
    const parts = [content0, content1].map((content): Part[] | null => {
      const id = parseMachineId(content);
      return id === null ? null : [{ name: 'machine-id', start: 0, end: 32, value: id }];
    });
    const [parts0, parts1] = parts;
    if (!parts0 || !parts1) return null;
    return compareParts(
      { format: this.format },
      { content: content0, parts: parts0 },
      { content: content1, parts: parts1 },
    );
  },
};

/** Seeds of random number generators, which are secrets: nothing of them is shown. */
export const RANDOM_SEED: FormatDecoder = {
  format: 'random-seed',
  recognises: (path) => /(?:^|\/)(?:var\/lib\/systemd\/random-seed|\.gnupg\/random_seed|etc\/random-seed)$/.test(path),
  compare(content0, content1) {
    const parts = (content: Uint8Array): Part[] => [
      { name: 'seed', start: 0, end: content.length, value: `random data, not shown, ${describeBytes(content)}` },
    ];
    return compareParts(
      { format: this.format },
      { content: content0, parts: parts(content0) },
      { content: content1, parts: parts(content1) },
    );
  },
};
