import { createRequire } from 'node:module'
import { relative } from 'node:path'
import type { BuildFailure, Message } from 'esbuild'
import { LoadError } from '../errors.js'

const require = createRequire(import.meta.url)
let loaded: typeof import('esbuild') | undefined

/** Loaded at the first module that is bundled: an import of heddle does not pay for it. */
export function esbuild(): typeof import('esbuild') {
  loaded ??= require('esbuild') as typeof import('esbuild')
  return loaded
}

/** esbuild's own words, with file, line and column. `folder` is what its paths are relative to. */
export function buildError(name: string, failure: unknown, absolute: (file: string) => string): unknown {
  const errors = (failure as Partial<BuildFailure>).errors
  const [first, ...others] = errors ?? []
  if (first === undefined) return failure
  const more =
    others.length === 0 ? '' : ` (and ${others.length} more: ${others.map((e) => line(e, absolute)).join('; ')})`
  const { location } = first
  const where = location === null ? name : position(location, absolute)
  return new LoadError('HEDDLE_LOAD', `${where} cannot be loaded: ${first.text}${more}`, { cause: failure })
}

const line = ({ text, location }: Message, absolute: (file: string) => string) =>
  location === null ? text : `${position(location, absolute)}: ${text}`

type Location = NonNullable<Message['location']>

// esbuild counts columns from 0, editors from 1.
const position = ({ file, line, column }: Location, absolute: (file: string) => string) =>
  `${shortPath(absolute(file))}:${line}:${column + 1}`

/** Relative to the working directory, for what lies in it. */
export function shortPath(path: string): string {
  const short = relative(process.cwd(), path)
  return short.startsWith('..') ? path : short
}
