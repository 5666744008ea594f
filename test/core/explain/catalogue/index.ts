import type { CauseCases } from '../cause-case.js';
import { SYSTEM_LOGS_CASES } from './system-logs.cases.js';

/** Cases of every cause of the catalogue. */
export const CASES: readonly CauseCases[] = [...SYSTEM_LOGS_CASES];
