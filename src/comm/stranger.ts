import { ProtocolError } from '../errors.js'

/** The first bytes of a connection are no message: whoever is there speaks something else. */
export class StrangerError extends ProtocolError {
  /** What it seems to speak, if that can be told: `HTTP`, `TLS`, `Redis`, `SSH`. */
  readonly language: string | undefined

  constructor(firstBytes: Uint8Array) {
    const language = languageOf(firstBytes)
    super(`the first bytes are ${language ? `${language}, ` : ''}not a Heddle message`)
    this.language = language
  }
}

function languageOf(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes).toString('latin1')
  const [type = 0, major, minor = 255] = bytes
  if (/^(HTTP\/|GET |POST |PUT |HEAD |OPTIONS |PRI \*|DELETE |CONNECT )/.test(text)) return 'HTTP'
  if (type >= 0x14 && type <= 0x17 && major === 3 && minor <= 4) return 'TLS'
  if (/^(\+PONG|\+OK|-ERR|-NOAUTH|-DENIED|\*\d+\r\n)/.test(text)) return 'Redis'
  if (text.startsWith('SSH-')) return 'SSH'
  return undefined
}
