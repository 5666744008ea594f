import type { Cause } from '../cause.js';
import { PACKAGES } from './packages.js';
import { SYSTEM_LOGS } from './system-logs.js';

/**
 * All known causes. Where several could explain one difference the first is asked first: special ones stand before
 * general ones.
 */
export const CATALOGUE: readonly Cause[] = [...SYSTEM_LOGS, ...PACKAGES];
