import { readHistory } from '../image/layer-history.js';
import type { Image, LoadedDocument } from '../image/load.js';
import { optionalMember } from '../json/read.js';
import { UNKNOWN_BUILDER } from './builder-evidence.js';
import type { SideEvidence } from './evidence.js';

/** What an image tells of its build. @param epoch as in `SideEvidence` */
export function sideEvidence(image: Image | null, manifest: LoadedDocument | null, epoch: number | null): SideEvidence {
  const config = image?.config.json ?? null;
  return {
    config,
    manifest: manifest?.json ?? null,
    created: config === null ? [] : createdTimes(config),
    epoch,
    builder: UNKNOWN_BUILDER,
  };
}

function createdTimes(config: Image['config']['json']): number[] {
  const own = config.root.type === 'object' ? optionalMember(config.root, 'created') : undefined;
  const texts = [
    own?.type === 'string' ? own.value : null,
    ...(readHistory(config) ?? []).map(({ created }) => created),
  ];
  return texts
    .flatMap((text) => {
      const milliseconds = text === null ? Number.NaN : Date.parse(text);
      return Number.isNaN(milliseconds) ? [] : [Math.floor(milliseconds / 1000)];
    })
    .sort((a, b) => a - b);
}
