/** Parts of patterns for dates, as programs write them in English. */
export const WEEKDAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
export const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
/** `12:44:34` */
export const TIME_OF_DAY = '[0-2]\\d:[0-5]\\d:[0-6]\\d';
/** `2026-11-23` */
export const ISO_DATE = '(?:19|20|21)\\d\\d-[01]\\d-[0-3]\\d';
/** ctime(3), date(1), java.util.Date: `Mon Nov 23 12:44:34 UTC 2026`, the zone may be absent */
export const CTIME: string = `${WEEKDAY} ${MONTH} [ 0-3]\\d ${TIME_OF_DAY}(?: [A-Z]{1,5}(?:[+-]\\d\\d:\\d\\d)?)? (?:19|20|21)\\d\\d`;
/** RFC 5322: `Mon, 23 Nov 2026 12:44:34 +0000` */
export const MAIL_DATE: string = `${WEEKDAY}, {1,2}\\d{1,2} ${MONTH} (?:19|20|21)\\d\\d ${TIME_OF_DAY} (?:[A-Z]{1,5}|[+-]\\d{4})`;
