import { existsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, resolve } from 'node:path'
import { LoadError } from '../errors.js'
import { callerPosition, pathOf } from './caller.js'
import { shortPath } from './esbuild.js'

/**
 * The file that a user means by a module's path or URL. A relative path is looked for beside the caller's file, then in
 * the working directory.
 * @throws LoadError HEDDLE_LOAD that names both places
 */
export function locate(path: string | URL, from: string | undefined): string {
  if (path instanceof URL || path.startsWith('file:')) return existing(pathOf(String(path)), String(path))
  const caller = from === undefined ? callerPosition()?.file : pathOf(from)
  const bases = [...new Set([...(caller === undefined ? [] : [dirname(caller)]), process.cwd()])]
  const places = bases.map((base) => resolve(base, path))
  const found = places.map(asFile).find((file) => file !== undefined) ?? inPackage(path, bases)
  if (found === undefined) throw notFound(path, places)
  return found
}

function existing(path: string, asked: string): string {
  const found = asFile(path)
  if (found === undefined) throw notFound(asked, [path])
  return found
}

const SOURCE_OF: Record<string, readonly string[]> = { '.js': ['.ts', '.tsx'], '.mjs': ['.mts'], '.cjs': ['.cts'] }
const EXTENSIONS = ['.ts', '.js', '.mts', '.mjs', '.cts', '.cjs', '.tsx', '.jsx']

/** As in TypeScript, `./tasks.js` may be `tasks.ts`, and so may `./tasks`. */
function asFile(path: string): string | undefined {
  const [, stem, extension] = /^(.*)(\.[cm]?js)$/.exec(path) ?? []
  const sources = (SOURCE_OF[extension ?? ''] ?? []).map((source) => stem + source)
  return [path, ...sources, ...EXTENSIONS.map((end) => path + end)].find(isFile)
}

const isFile = (path: string) => existsSync(path) && statSync(path).isFile()

function inPackage(path: string, bases: readonly string[]): string | undefined {
  if (/^[./\\]/.test(path)) return undefined
  for (const base of bases) {
    try {
      return createRequire(`${base}/`).resolve(path)
    } catch {}
  }
  return undefined
}

function notFound(path: string, places: readonly string[]): LoadError {
  return new LoadError(
    'HEDDLE_LOAD',
    `there is no module '${path}': neither ${places.map(shortPath).join(' nor ')} exists. ` +
      `new URL('./tasks.ts', import.meta.url) names a file for sure, wherever the program runs`,
  )
}
