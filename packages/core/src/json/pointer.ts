import { OciDiffError } from '../errors.js';

/** The JSON Pointer of `steps` (decoded keys and array positions). Source: RFC 6901, section 3; `''` is the root. */
export function pointerOf(steps: readonly string[]): string {
  return steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/**
 * The decoded steps of a JSON Pointer. Source: RFC 6901, sections 3 and 4.
 * @throws {OciDiffError} `ERR_OPTION_INVALID` if `text` is neither empty nor starts with `/`, or has a `~` that is not
 * part of `~0` or `~1`
 */
export function parsePointer(text: string): string[] {
  if (text === '') return [];
  if (!text.startsWith('/')) throw invalid(text, 'it must be empty or start with /');
  if (/~(?![01])/.test(text)) throw invalid(text, '~ must be written ~0, and / within a step ~1');
  return text
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/**
 * Whether `pattern` names the place `steps` or a place above it. A step `*` in the pattern stands for exactly one step;
 * there is no way to name a key `*` alone.
 */
export function matchPointer(pattern: readonly string[], steps: readonly string[]): boolean {
  return pattern.length <= steps.length && pattern.every((step, index) => step === '*' || step === steps[index]);
}

function invalid(text: string, why: string): OciDiffError {
  return new OciDiffError('ERR_OPTION_INVALID', `not a JSON Pointer: ${JSON.stringify(text.slice(0, 200))}: ${why}`);
}
