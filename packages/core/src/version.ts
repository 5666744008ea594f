/** The version of ocidiff, the same as in the packages' package.json (held by a test). */
export const VERSION = '0.1.0';
