/** Python writes lone surrogates as three bytes each ('surrogatepass'), which UTF-8 proper has not. */
const SURROGATE = /\p{Surrogate}/u
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of these bytes; undefined when they are none. */
export function readUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes)
  } catch {
    return readWithSurrogates(bytes)
  }
}

/** Its bytes; lone surrogates as Python has them. */
export function utf8Of(text: string): Uint8Array {
  if (!SURROGATE.test(text)) return Buffer.from(text, 'utf8')
  const parts: number[] = []
  for (const character of text) {
    const code = character.codePointAt(0) as number
    if (code < 0xd800 || code > 0xdfff) parts.push(...Buffer.from(character, 'utf8'))
    else parts.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f))
  }
  return Uint8Array.from(parts)
}

/** Cuts the text at each surrogate, which always begins with 0xed and goes on with a byte from 0xa0. */
function readWithSurrogates(bytes: Uint8Array): string | undefined {
  let text = ''
  let from = 0
  for (let at = bytes.indexOf(0xed); at >= 0; at = bytes.indexOf(0xed, at + 1)) {
    const [second = 0, third = 0] = bytes.subarray(at + 1, at + 3)
    if (second < 0xa0 || second > 0xbf || third < 0x80 || third > 0xbf) continue
    const before = strictly(bytes.subarray(from, at))
    if (before === undefined) return undefined
    text += before + String.fromCharCode(0xd000 | ((second & 0x3f) << 6) | (third & 0x3f))
    from = at + 3
  }
  const rest = strictly(bytes.subarray(from))
  return rest === undefined ? undefined : text + rest
}

function strictly(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes)
  } catch {
    return undefined
  }
}
