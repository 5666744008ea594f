/** What the command uses of the library. It is imported only when it is needed: `--version` does without. */
export type Core = Pick<
  typeof import('@ocidiff/core'),
  | 'CATALOGUE'
  | 'DEFAULT_LIMITS'
  | 'diffImages'
  | 'displayMessage'
  | 'limitOption'
  | 'OciDiffError'
  | 'parseAcceptList'
  | 'parseReport'
  | 'renderJson'
  | 'renderMarkdown'
  | 'renderTable'
  | 'RULE_NAMES'
>;
