/** Seconds that a `Date` can hold: 8.64e15 ms either side of 1970 (ECMA-262, "Time Values and Time Range"). */
const DATE_SECONDS = 8.64e12;

/**
 * A time of a report, `SECONDS.NANOSECONDS`, as ISO 8601 in UTC, with as many digits after the point as it needs.
 * Nanoseconds count up from the second also before 1970. What no calendar holds is shown as `@SECONDS.NANOSECONDS`.
 */
export function displayTime(value: string): string {
  const match = /^(-?[0-9]+)\.([0-9]{9})$/.exec(value);
  const seconds = Number(match?.[1]);
  if (match === null || Math.abs(seconds) > DATE_SECONDS) return `@${value.replace(/[^-0-9.]/g, '')}`;
  const fraction = (match[2] as string).replace(/0+$/, '');
  const date = new Date(seconds * 1000).toISOString().replace('.000Z', '');
  return `${date}${fraction === '' ? '' : `.${fraction}`}Z`;
}
