const SLOTS = 4096
const LONGEST = 48

/**
 * Short strings that come again and again (names of fields and operations, addresses, keys) without making them anew:
 * one slot per hash, the last one wins.
 */
export class StringCache {
  readonly #slots: (string | undefined)[] = new Array<string | undefined>(SLOTS).fill(undefined)

  read(bytes: Buffer, at: number, length: number): string {
    if (length > LONGEST) return bytes.toString('utf8', at, at + length)
    let hash = length
    for (let i = at; i < at + length; i++) hash = (Math.imul(hash, 31) + (bytes[i] as number)) | 0
    const slot = (hash ^ (hash >>> 12)) & (SLOTS - 1)
    const known = this.#slots[slot]
    if (known !== undefined && known.length === length && matches(known, bytes, at)) return known
    const text = bytes.toString('utf8', at, at + length)
    if (text.length === length) this.#slots[slot] = text
    return text
  }
}

/** Only ASCII is in the cache: whatever has as many characters as bytes. */
function matches(text: string, bytes: Buffer, at: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[at + i]) return false
  return true
}
