/** Which builder made an image, as far as the image shows it. */
export interface BuilderEvidence {
  readonly name:
    | 'buildkit'
    | 'buildah'
    | 'docker-classic'
    | 'kaniko'
    | 'bazel'
    | 'jib'
    | 'nix'
    | 'ko'
    | 'apko'
    | 'unknown';
  /** What it was told, in words: `timestamps rewritten`, `one layer`; sorted. */
  readonly settings: readonly string[];
  /** What tells so, in words, the strongest first. */
  readonly evidence: readonly string[];
  readonly confidence: 'certain' | 'probable' | 'none';
}

export const UNKNOWN_BUILDER: BuilderEvidence = { name: 'unknown', settings: [], evidence: [], confidence: 'none' };
