/** The few literals of Python's that keys are made of, to and from text. */
import { PyFloat, PyTuple } from './python.js'

const DEPTH_MAX = 100
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\', "'": "'", '"': '"', n: '\n', r: '\r', t: '\t' }
const SPECIAL = /[\\'\n\r\t]/g
const NUMBER = /[-+]?(?:\d+(?:\.\d*)?(?:e[-+]?\d+)?)/y
const WORD = /True|False|None/y
const WORDS: Readonly<Record<string, unknown>> = { True: true, False: false, None: null }

/** As Python shows it; arrays are tuples. */
export function writeLiteral(value: unknown): string {
  if (typeof value === 'string') return quoted(value)
  if (value instanceof Uint8Array) return `b${quoted(Buffer.from(value).toString('latin1'))}`
  if (value instanceof PyFloat) return `${value.value}.0`
  if (Array.isArray(value)) return tuple(value)
  if (value instanceof PyTuple) return tuple(value.items)
  if (value === null || value === undefined) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return String(value)
}

/** What a text in parentheses says: one value, or a tuple. Undefined: it is no such text. */
export function readLiteral(text: string): { readonly value: unknown } | undefined {
  const reader = new LiteralReader(text)
  const value = reader.whole()
  return value === undefined ? undefined : { value }
}

function quoted(text: string): string {
  const escaped = text.replace(SPECIAL, (one) => `\\${{ '\n': 'n', '\r': 'r', '\t': 't' }[one] ?? one}`)
  return `'${escaped}'`
}

function tuple(items: readonly unknown[]): string {
  const [first] = items
  return items.length === 1 ? `(${writeLiteral(first)},)` : `(${items.map(writeLiteral).join(', ')})`
}

/** `undefined` everywhere: that is none. */
class LiteralReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): unknown {
    const value = this.#parentheses(0, true)
    return this.#at === this.#text.length ? value : undefined
  }

  /** One value in parentheses is that value at the outermost, and nothing further in. */
  #parentheses(depth: number, isOutermost: boolean): unknown {
    if (depth > DEPTH_MAX || !this.#take('(')) return undefined
    const items: unknown[] = []
    let commas = 0
    while (!this.#take(')')) {
      if (items.length > commas) return undefined
      const item = this.#value(depth + 1)
      if (item === undefined) return undefined
      items.push(item)
      if (this.#take(',')) commas++
      this.#take(' ')
    }
    if (items.length === 1 && commas === 0) return isOutermost ? items[0] : undefined
    return new PyTuple(items)
  }

  #value(depth: number): unknown {
    const next = this.#text[this.#at]
    if (next === '(') return this.#parentheses(depth, false)
    if (next === "'" || next === '"') return this.#string()
    if (next === 'b') return this.#bytes()
    const word = this.#match(WORD)
    if (word !== undefined) return WORDS[word]
    const digits = this.#match(NUMBER)
    return digits === undefined ? undefined : numberOf(digits)
  }

  #bytes(): Uint8Array | undefined {
    this.#at++
    const text = this.#string()
    return text === undefined ? undefined : new Uint8Array(Buffer.from(text, 'latin1'))
  }

  #string(): string | undefined {
    const quote = this.#text[this.#at]
    if (quote !== "'" && quote !== '"') return undefined
    this.#at++
    let text = ''
    for (;;) {
      const next = this.#text[this.#at++]
      if (next === undefined) return undefined
      if (next === quote) return text
      const shown = next === '\\' ? ESCAPES[this.#text[this.#at++] ?? ''] : next
      if (shown === undefined) return undefined
      text += shown
    }
  }

  #take(one: string): boolean {
    const isThere = this.#text[this.#at] === one
    if (isThere) this.#at++
    return isThere
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.#at += found.length
    return found
  }
}

function numberOf(digits: string): unknown {
  if (!/^[-+]?\d+$/.test(digits)) {
    const value = Number(digits)
    return Number.isInteger(value) ? new PyFloat(value) : value
  }
  const value = Number(digits)
  return Number.isSafeInteger(value) ? value : BigInt(digits)
}
