/** The words of scenarios: names for addresses, `key=value` options, and keys with what belongs to them. */
import { Encoded } from '../../src/values/encoded.js'

const NAMES = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank']
const ADDRESSES = new Map(NAMES.map((name, i) => [name, `tcp://10.0.0.${i + 1}:1`]))
// On the host of alice.
ADDRESSES.set('neighbour', 'tcp://10.0.0.1:2')

/** @throws Error for a name that is none of a worker's. */
export function addressOf(name: string): string {
  const address = ADDRESSES.get(name)
  if (address === undefined) throw new Error(`'${name}' is no worker's name: ${NAMES.join(', ')}`)
  return address
}

/** The same text with names in the place of addresses. */
export function named(text: string): string {
  let short = text
  for (const [name, address] of ADDRESSES)
    short = short.replaceAll(`${name} (${address})`, name).replaceAll(address, name)
  return short
}

/** `a b, c` as a list. */
export function list(words: string): string[] {
  return words.split(/[\s,]+/).filter((word) => word !== '')
}

/** `x=1 y z=a:2` as `{ x: '1', y: '', z: 'a:2' }`. */
export function options(words: string): Record<string, string> {
  return Object.fromEntries(list(words.replaceAll(',', '\0')).map((word) => pair(word.replaceAll('\0', ','), '=')))
}

/** `GPU:1,CPU:2` as numbers by name. */
export function amounts(words = ''): Record<string, number> {
  return Object.fromEntries(
    list(words)
      .map((word) => pair(word, ':'))
      .map(([name, n]) => [name, Number(n)]),
  )
}

/** A key with those who hold it and its size: `x@alice,bob:100`. Without a size it is 8. */
export interface Held {
  readonly key: string
  readonly holders: string[]
  readonly nbytes: number
}

/** `x@alice,bob:100 y@carol z`: keys with their holders and sizes. */
export function held(words: string): Held[] {
  return words
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => {
      const [, key = '', holders = '', nbytes = '8'] = /^([^@:]+)(?:@([^:]*))?(?::(\d+))?$/.exec(word) ?? []
      return { key, holders: list(holders).map(addressOf), nbytes: Number(nbytes) }
    })
}

/** `a b(a) c(a,b)`: tasks with their inputs. */
export function graph(words: string): Record<string, string[]> {
  const found = words.matchAll(/([\w-]+)(?:\(([^)]*)\))?/g)
  return Object.fromEntries(Array.from(found, ([, key = '', deps = '']) => [key, list(deps)]))
}

/** A text as an encoded value, to be read back by `textOf`. */
export function encode(text: string): Encoded {
  return new Encoded(new TextEncoder().encode(text), [], text.length)
}

export function textOf(value: Encoded): string {
  return new TextDecoder().decode(value.head)
}

/** `x@alice,bob y@nobody`. */
export function holdings(whoHas: ReadonlyMap<string, readonly string[]>): string {
  return Array.from(whoHas, ([key, holders]) => `${key}@${holders.join(',') || 'nobody'}`).join(' ')
}

/** What is not usual, as words. */
export function only(...parts: (string | false | undefined)[]): string {
  return parts.filter(Boolean).join(' ')
}

/** `a released → waiting`: those that went the same way share a line. */
export function paths(moves: ReadonlyMap<string, readonly string[]>): string[] {
  const keys = new Map<string, string[]>()
  for (const [key, states] of moves) {
    if (states.length < 2) continue
    const path = states.join(' → ')
    keys.set(path, [...(keys.get(path) ?? []), key])
  }
  return Array.from(keys, ([path, names]) => `${names.join(' ')}: ${path}`)
}

function pair(word: string, by: string): [string, string] {
  const cut = word.indexOf(by)
  return cut < 0 ? [word, ''] : [word.slice(0, cut), word.slice(cut + 1)]
}
