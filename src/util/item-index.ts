const ZERO = 48

/** The index with which the key of a map's item ends, from that position on and as it is written by us; -1: it does not. */
export function itemIndex(key: string, from: number): number {
  const { length } = key
  if (from === length || (key.charCodeAt(from) === ZERO && length > from + 1)) return -1
  let index = 0
  for (let i = from; i < length; i++) {
    const digit = key.charCodeAt(i) - ZERO
    if (digit < 0 || digit > 9) return -1
    index = 10 * index + digit
  }
  return index
}
