/** What the command uses of the library. It is imported only when it is needed: `--version` does without. */
export type Core = Pick<
  typeof import('@ocidiff/core'),
  | 'CATALOGUE'
  | 'clearCache'
  | 'DEFAULT_LIMITS'
  | 'diffImages'
  | 'displayMessage'
  | 'inspectCache'
  | 'limitOption'
  | 'MAX_JOBS'
  | 'OciDiffError'
  | 'parseAcceptList'
  | 'parseReport'
  | 'renderHtml'
  | 'renderJson'
  | 'renderMarkdown'
  | 'renderTable'
  | 'RULE_NAMES'
>;
