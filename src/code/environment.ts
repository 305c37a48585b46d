import { LoadError } from '../errors.js'
import type { FunctionRef } from '../protocol/names.js'
import { codeOf, hashesOf } from '../util/function-ref.js'
import type { Artefact } from './artefact.js'
import { seal } from './hash.js'

/** A function that prepares a thread: run once in each, before the first task that wants it. */
export interface Setup {
  readonly ref: FunctionRef
  /** Its encoded argument list, base64. */
  readonly args: string
}

/** What a client wants of the place where its tasks run. It travels as an artefact, and is part of what a task is. */
export interface Environment {
  /** Values that its tasks, setups and modules find in `process.env`. */
  readonly env?: Readonly<Record<string, string>>
  readonly setup?: readonly Setup[]
  /** Files by name: hashes of their artefacts. */
  readonly files?: Readonly<Record<string, string>>
  /** `process`: each task in a process of its own, as far as others are concerned. */
  readonly isolation?: 'process'
}

/** As it travels. */
export function sealEnvironment(environment: Environment): Artefact {
  return seal({ kind: 'environment', name: 'environment', body: JSON.stringify(environment), externals: [] })
}

const read = new WeakMap<Artefact, Environment>()

/** What an artefact of kind `environment` says. @throws LoadError for one that is none. */
export function readEnvironment(artefact: Artefact): Environment {
  const known = read.get(artefact)
  if (known !== undefined) return known
  const reason = whyNotEnvironment(artefact)
  if (reason !== undefined) throw new LoadError('HEDDLE_LOAD', `this is no environment: ${reason}`)
  const environment = JSON.parse(artefact.body) as Environment
  read.set(artefact, environment)
  return environment
}

/** Hashes of the artefacts without which an artefact is of no use: those that an environment names. */
export function needsOf(artefact: Artefact): string[] {
  if (artefact.kind !== 'environment') return []
  const { setup = [], files = {} } = readEnvironment(artefact)
  return [...new Set([...setup.flatMap(({ ref }) => hashesOf(codeOf(ref))), ...Object.values(files)])] as string[]
}

const HASH = /^[0-9a-f]{32}$/

function whyNotEnvironment({ kind, body }: Artefact): string | undefined {
  if (kind !== 'environment') return `it is a ${kind}`
  const said = parse(body)
  if (typeof said !== 'object' || said === null) return 'it is not JSON of an object'
  const { env = {}, setup = [], files = {}, isolation = 'process' } = said as Record<string, unknown>
  if (!isRecordOf(env, () => true)) return 'env is not texts by name'
  if (!Array.isArray(setup) || !setup.every(isSetup)) return 'setup is not a list of functions'
  if (!isRecordOf(files, (hash, name) => HASH.test(hash) && isFileName(name))) return 'files are not hashes by name'
  return isolation === 'process' ? undefined : 'isolation is not process'
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isRecordOf(value: unknown, holds: (text: string, name: string) => boolean): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).every(([name, text]) => typeof text === 'string' && holds(text, name))
}

function isSetup(value: unknown): boolean {
  const { ref, args } = (value ?? {}) as Partial<Setup>
  return typeof ref === 'string' && /^[0-9a-f]{32}#./.test(ref) && typeof args === 'string'
}

/** A name that cannot lead out of the directory that it is written in. */
export function isFileName(name: string): boolean {
  return name !== '' && name.length <= 255 && name !== '.' && name !== '..' && !/[\\/\0]/.test(name)
}
