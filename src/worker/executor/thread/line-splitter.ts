import { StringDecoder } from 'node:string_decoder'

/** What has no line's end so far is told when it has become so long. */
const LONGEST = 16 * 1024

/** Makes lines of what is written in pieces. A progress bar's `\r` ends one, too; empty ones are left out. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8')
  readonly #tell: (line: string) => void
  #rest = ''

  constructor(tell: (line: string) => void) {
    this.#tell = tell
  }

  write(piece: string | Uint8Array): void {
    const lines = (this.#rest + (typeof piece === 'string' ? piece : this.#decoder.write(piece))).split(/[\r\n]+/)
    this.#rest = lines.pop() as string
    for (const line of lines) if (line !== '') this.#tell(line)
    if (this.#rest.length >= LONGEST) this.end()
  }

  /** What is left is a line. */
  end(): void {
    const rest = this.#rest
    this.#rest = ''
    if (rest !== '') this.#tell(rest)
  }
}
