import type { Built, ImageSpec } from '../../support/images.js';

/** Where the content of a case comes from: files that really differed, output of a real tool, or written for the test. */
export type CaseOrigin = 'evidence' | 'tool' | 'written';

interface Common {
  readonly origin: CaseOrigin;
  /** How a tool made it, or what a near miss is; one line. */
  readonly what: string;
}

/** Contents of one path on both sides. */
export interface ContentCase extends Common {
  readonly kind: 'content';
  readonly path: string;
  /** Text is UTF-8. */
  readonly contents: readonly [Uint8Array | string, Uint8Array | string];
  /** Default: 0644. */
  readonly mode?: number;
}

/** A file that one side has alone. */
export interface PresenceCase extends Common {
  readonly kind: 'presence';
  readonly path: string;
  readonly content: Uint8Array | string;
  /** Default: `file`. */
  readonly type?: 'file' | 'directory' | 'symlink';
}

/** An image or index that is built for the test, at once or when the test runs, or a fixture by its name. */
export type ImageInput = ImageSpec | (() => Promise<ImageSpec | Built>) | string;

/** Two whole images, all platforms of them, compared strictly, with contents. */
export interface ImagesCase extends Common {
  readonly kind: 'images';
  readonly images: readonly [ImageInput, ImageInput];
}

export type CauseCase = ContentCase | PresenceCase | ImagesCase;

/** What shows a cause, and what is near to it but must not be explained by it. */
export interface CauseCases {
  readonly id: string;
  readonly shows: readonly CauseCase[];
  readonly misses: readonly CauseCase[];
  /**
   * What a cause of contents may take out, said without its code: matches in the content as latin1 text, or ranges of
   * bytes. A change of a byte elsewhere must not be explained. `whole`: all of the content, once it has the shape.
   */
  readonly takesOut?: RegExp | readonly (readonly number[])[] | 'whole';
}
