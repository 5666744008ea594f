import type { Compression } from '../bytes/compression.js';
import { readHistory } from '../image/layer-history.js';
import type { Image, LoadedDocument } from '../image/load.js';
import { optionalMember } from '../json/read.js';
import { builderOf } from './builder.js';
import type { SideEvidence } from './evidence.js';

/** What of one side was found beside its documents. */
export interface SideTraces {
  /** As in `SideEvidence`. */
  readonly epoch: number | null;
  /** How the layers that were read are compressed. */
  readonly compressions: readonly Compression[];
  /** Whether the index has an attestation of the image. */
  readonly attested: boolean;
}

/** What an image tells of its build. */
export function sideEvidence(image: Image | null, manifest: LoadedDocument | null, traces: SideTraces): SideEvidence {
  const config = image?.config.json ?? null;
  const documents = {
    config,
    manifest: manifest?.json ?? null,
    created: config === null ? [] : createdTimes(config),
  };
  return { ...documents, epoch: traces.epoch, builder: builderOf({ ...documents, ...traces }) };
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
