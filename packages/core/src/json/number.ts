/**
 * Whether two JSON number texts (RFC 8259, section 6) are the same decimal value: `1`, `1.0`, `1e0` and `10e-1` are,
 * and so are `0` and `-0`. Exact for any number of digits and any exponent; linear in the texts' length.
 */
export function decimalEqual(a: string, b: string): boolean {
  if (a === b) return true;
  const left = normalize(a);
  const right = normalize(b);
  return (
    left.digits === right.digits &&
    (left.digits === '' || (left.negative === right.negative && exponentsEqual(left, right)))
  );
}

/** ± `digits` × 10 ^ (± `exponent` + `shift`), without leading and trailing zeros: the same for equal values. */
interface Decimal {
  readonly negative: boolean;
  /** Empty for zero. */
  readonly digits: string;
  readonly exponentNegative: boolean;
  /** Digits without leading zeros; never made a number as a whole, for it may have millions of them. */
  readonly exponent: string;
  readonly shift: number;
}

function normalize(text: string): Decimal {
  const negative = text.startsWith('-');
  const e = text.search(/[eE]/);
  const [integer = '', fraction = ''] = text.slice(negative ? 1 : 0, e === -1 ? undefined : e).split('.');
  const all = integer + fraction;
  // By hand: /0+$/ takes quadratic time on zeros that are not at the end.
  let end = all.length;
  while (end > 0 && all.charCodeAt(end - 1) === 0x30) end--;
  const exponent = e === -1 ? '' : text.slice(e + 1);
  return {
    negative,
    digits: all.slice(0, end).replace(/^0+/, ''),
    exponentNegative: exponent.startsWith('-'),
    exponent: exponent.replace(/^[+-]?0*/, ''),
    shift: all.length - end - fraction.length,
  };
}

const CHUNK_DIGITS = 15;
const CHUNK = 10 ** CHUNK_DIGITS;

function exponentsEqual(a: Decimal, b: Decimal): boolean {
  if (a.exponent.length <= CHUNK_DIGITS && b.exponent.length <= CHUNK_DIGITS) {
    return signedExponent(a) + a.shift === signedExponent(b) + b.shift;
  }
  // From here on one exponent is at least 10 ^ 15, and shifts are shorter than a string: signs cannot differ.
  if (a.exponentNegative !== b.exponentNegative) return false;
  // |a.exponent| + carry = |b.exponent|, a chunk at a time from the low end.
  let carry = (a.shift - b.shift) * (a.exponentNegative ? -1 : 1);
  const length = Math.max(a.exponent.length, b.exponent.length);
  for (let done = 0; done < length; done += CHUNK_DIGITS) {
    const sum = chunk(a.exponent, done) + carry;
    carry = Math.floor(sum / CHUNK);
    if (sum - carry * CHUNK !== chunk(b.exponent, done)) return false;
  }
  return carry === 0;
}

function signedExponent(decimal: Decimal): number {
  return decimal.exponentNegative ? -Number(decimal.exponent) : Number(decimal.exponent);
}

/** The chunk of `digits` that ends `done` digits before their end; 0 beyond their start. */
function chunk(digits: string, done: number): number {
  const end = Math.max(digits.length - done, 0);
  return Number(digits.slice(Math.max(end - CHUNK_DIGITS, 0), end));
}
