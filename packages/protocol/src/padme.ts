// PADMÉ (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", 2019,
// algorithm 1): lengths keep only their leading bits, so a length tells O(log log L) bits and costs at most 12 %.

/** The padded length of `length` bytes; never less than `length`. Exact up to 2^40. */
export function padme(length: number): number {
  if (!Number.isSafeInteger(length) || length < 0 || length > 2 ** 40) throw new RangeError('length out of range');
  if (length < 2) return length;
  const exponent = Math.floor(Math.log2(length));
  const mantissaBits = Math.floor(Math.log2(exponent)) + 1;
  const step = 2 ** Math.max(0, exponent - mantissaBits);
  return Math.ceil(length / step) * step;
}
