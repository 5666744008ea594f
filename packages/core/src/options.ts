import type { Limits } from './limits.js';

/** The ignore rules, by their names on the command line (`--ignore-NAME`). */
export const RULE_NAMES = [
  'annotations',
  'attestations',
  'compression',
  'empty-fields',
  'file-mode-redundant-bits',
  'file-order',
  'file-timestamps',
  'history',
  'image-name',
  'image-timestamps',
  'json-encoding',
  'layer-encoding',
  'layering',
  'legacy-fields',
  'media-types',
  'path-spelling',
  'tar-format',
] as const;

export type RuleName = (typeof RULE_NAMES)[number];

/** Bytes read so far of the bytes that the comparison will read, both sides together; `total` may grow. */
export interface Progress {
  readonly bytesRead: number;
  readonly bytesTotal: number;
}

/** How registries are reached; absent options have the default that is named. */
export interface RegistryOptions {
  /** Over HTTP, not HTTPS. Default: false; a loopback host that does not speak HTTPS is asked over HTTP all the same. */
  readonly plainHttp?: boolean;
  /** Certificates are not checked. Default: false. */
  readonly insecure?: boolean;
  /** A file of certificates (PEM) of authorities that are trusted beside Node's own. */
  readonly caFile?: string;
  /** Milliseconds without a byte after which a connection is given up. Default: 30,000. */
  readonly timeout?: number;
  /** Milliseconds before what failed is tried again; twice as many each time. Default: 500. */
  readonly retryDelay?: number;
}

/** Known differences and why they are there. All of `path`, `field` and `cause` that are given have to match. */
export interface AcceptEntry {
  /** A pattern as in `ignorePaths`. */
  readonly path?: string;
  /**
   * With `path` a field of the file (`content`, `mode`, `mtime`, …); without, a JSON Pointer with its prefix, as in
   * `ignoreFields`.
   */
  readonly field?: string;
  /** The id of a cause: matches only where that cause accounts for all of the difference. */
  readonly cause?: string;
  /** Why it is known and accepted; not empty. */
  readonly reason: string;
}

/** Options of `diffImages`. Absent ones have the default that is named. */
export interface DiffOptions {
  /** `strict` (default): everything counts. `semantic`: all rules. Or exactly these rules. */
  readonly mode?: 'strict' | 'semantic' | { readonly ignore: readonly RuleName[] };
  /** Rules that are not in force although `mode` names them: `semantic` without `history`, say. Default: none. */
  readonly noIgnore?: readonly RuleName[];
  /** Path patterns (picomatch, `dot`) whose files do not count; a leading `/` is dropped. Default: none. */
  readonly ignorePaths?: readonly string[];
  /** JSON Pointers, `*` for one step, prefixed with `index:`, `manifest:` or `config:` (default). Default: none. */
  readonly ignoreFields?: readonly string[];
  /** `OS/ARCH[/VARIANT]` of the children of an index to compare. Default: the host's, see the contract. */
  readonly platforms?: readonly string[];
  /** Compare every child of either side. Default: false. */
  readonly allPlatforms?: boolean;
  /** Folder for the differing files and all reports. Default: none is written. */
  readonly reportDir?: string;
  /**
   * Files, folders or patterns (as `ignorePaths`): nothing but what is below them counts; all else is marked
   * `ignoredBy: 'paths'`. Default: everything.
   */
  readonly paths?: readonly string[];
  /** Known differences, which do not count: marked `ignoredBy: 'accepted'`. One that matches nothing is a failure. */
  readonly accept?: readonly AcceptEntry[];
  /**
   * Look into the contents of differing files: how they differ, and what causes it. Without it, causes of contents are
   * told by paths, as probable. Default: false; true with `reportDir`, `paths`, `prove`, and an
   * entry of `accept` that names a cause.
   */
  readonly contents?: boolean;
  /**
   * Prove what is explained: rewrite both images by the normalisers of the named causes, compare again, and report what
   * is left (`Report.proof`). Reads the layers that differ once more. Looks into contents. Default: false.
   */
  readonly prove?: boolean;
  /** Also list ignored differences in the report. Default: false, true with `reportDir`. */
  readonly verbose?: boolean;
  /** What the image `-` is read from; the caller's standard input, as a rule. */
  readonly stdin?: AsyncIterable<Uint8Array>;
  /**
   * Environment variables by which engines (`DOCKER_HOST`, `XDG_RUNTIME_DIR`, …), credentials and proxies
   * (`DOCKER_CONFIG`, `HOME`, `HTTPS_PROXY`, …) are found, and with which `ctr` and credential helpers are run;
   * `process.env`, as a rule. Default: none, so engines are looked for at their usual places only, and registries are
   * asked as anybody would.
   */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** How registries are reached. */
  readonly registry?: RegistryOptions;
  /**
   * Whether what reading layers told is kept in a folder, and found there the next time: a layer in a registry is not
   * fetched again, one in a file hashed and not decompressed. `true`: in the user's cache folder, found by `env`; or the
   * folder `dir`. The report is the same with and without. At most `limits.cacheBytes` are kept. Default: false.
   */
  readonly cache?: boolean | { readonly dir: string };
  /** Layers that are read at once, of both sides together, 1 to 64. Default: 2, or 6 with an image in a registry. */
  readonly jobs?: number;
  readonly limits?: Partial<Limits>;
  /** Cancels: `diffImages` rejects with `ERR_ABORTED`. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /**
   * Told the index, manifests and configs of both sides that were compared, once they have been: `renderHtml` shows them
   * whole.
   */
  readonly onDocument?: (document: ComparedText) => void;
}

/** The text of a document of one side, as it was read. */
export interface ComparedText {
  /** `os/architecture[/variant]`; empty for an index. */
  readonly platform: string;
  readonly side: 0 | 1;
  readonly name: 'index' | 'manifest' | 'config';
  readonly text: string;
}
