/**
 * A JSON value as it stands in the JSON report. Numbers that JavaScript cannot hold exactly are strings with the
 * number's text.
 */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };
