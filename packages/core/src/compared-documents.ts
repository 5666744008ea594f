import type { ReportDocument } from './report/html/documents.js';
import type { ComparedPair, ComparisonSide } from './sides.js';

/** A document as it was read, and which one it is; an index has the platform `''`. */
export interface ComparedDocument extends Omit<ReportDocument, 'text'> {
  readonly bytes: Uint8Array;
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

export function reportDocument({ bytes, ...rest }: ComparedDocument): ReportDocument {
  return { ...rest, text: utf8.decode(bytes) };
}

/** The index, manifests and configs of both sides that were compared, byte for byte. */
export function comparedDocuments(
  sides: readonly [ComparisonSide, ComparisonSide],
  compared: readonly ComparedPair[],
): ComparedDocument[] {
  return ([0, 1] as const).flatMap((side) => {
    const { root } = sides[side];
    const documents: ComparedDocument[] = [];
    if (root.kind === 'index') {
      documents.push({ platform: '', side, name: 'index', bytes: root.document.json.bytes });
    }
    for (const { pair, images } of compared) {
      const { platform } = pair;
      const manifest = side === 0 ? pair.manifest0 : pair.manifest1;
      const image = side === 0 ? images.image0 : images.image1;
      if (manifest.document !== null) {
        documents.push({ platform, side, name: 'manifest', bytes: manifest.document.json.bytes });
      }
      if (image !== null) documents.push({ platform, side, name: 'config', bytes: image.config.json.bytes });
    }
    return documents;
  });
}
