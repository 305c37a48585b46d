import { readFileSync, statSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { dirname, extname, resolve } from 'node:path'
import { type AnyNode, getLineInfo, type Program } from 'acorn'
import type { Scope } from 'eslint-scope'
import { LoadError } from '../errors.js'
import { type Position, pathOf } from './caller.js'
import { buildError, esbuild, shortPath } from './esbuild.js'
import { parse, scopesOf } from './syntax.js'

/** A source file as JavaScript, parsed, with the scope of its top level. */
export interface SourceFile {
  readonly path: string
  /** JavaScript; what was TypeScript ends with its source map. */
  readonly code: string
  readonly program: Program
  readonly topScope: Scope
  /** Where the node begins in what the user wrote: this file, or what it was compiled from. */
  positionOf(node: AnyNode): Position & { readonly name?: string }
  /** The same of a place in `code`. */
  positionAt(offset: number): Position
}

const LOADERS = { '.ts': 'ts', '.mts': 'ts', '.cts': 'ts', '.tsx': 'tsx', '.jsx': 'jsx' } as const

const read = new Map<string, { mtimeMs: number; file: SourceFile }>()

/**
 * Remembered until the file changes.
 * @throws LoadError HEDDLE_LOAD for a file that cannot be read or does not compile
 */
export function readSourceFile(path: string): SourceFile {
  const { mtimeMs } = statOf(path)
  const known = read.get(path)
  if (known?.mtimeMs === mtimeMs) return known.file
  const file = parseSource(path, readFileSync(path, 'utf8'))
  read.set(path, { mtimeMs, file })
  return file
}

function statOf(path: string): { mtimeMs: number } {
  try {
    return statSync(path)
  } catch (cause) {
    throw new LoadError(
      'HEDDLE_LOAD',
      `the source file ${shortPath(path)} is not there, of which task(…) sends a part. A program that webpack bundled ` +
        'needs its sources beside it, at the path where they were bundled; one of esbuild or Vite does not',
      { cause },
    )
  }
}

function parseSource(path: string, text: string): SourceFile {
  const loader = LOADERS[extname(path) as keyof typeof LOADERS]
  if (loader === undefined)
    return { path, code: text, ...parsed(path, text), ...originals(path, text, ownMap(path, text)) }
  const { code, map } = transformed(path, text, loader)
  return { path, code, ...parsed(path, code), ...originals(path, code, new SourceMap(JSON.parse(map))) }
}

function transformed(path: string, text: string, loader: 'ts' | 'tsx' | 'jsx') {
  try {
    return esbuild().transformSync(text, {
      loader,
      sourcefile: path,
      sourcemap: 'both',
      target: 'node20',
      // Made into older code, a top-level `await using` would put the whole file into a try block.
      supported: { using: true },
      charset: 'utf8',
    })
  } catch (failure) {
    throw buildError(shortPath(path), failure, (file) => file)
  }
}

function parsed(path: string, code: string): Pick<SourceFile, 'program' | 'topScope'> {
  try {
    const program = parse(code, 'module')
    return { program, topScope: topScopeOf(program, 'module') }
  } catch (moduleError) {
    const program = parseScript(path, code, moduleError)
    return { program, topScope: topScopeOf(program, 'commonjs') }
  }
}

function parseScript(path: string, code: string, moduleError: unknown): Program {
  try {
    return parse(code, 'script')
  } catch {
    const reason = `${shortPath(path)} cannot be read as JavaScript: ${(moduleError as Error).message}`
    throw new LoadError('HEDDLE_LOAD', reason, { cause: moduleError })
  }
}

const topScopeOf = (program: Program, sourceType: 'module' | 'commonjs') =>
  scopesOf(program, sourceType).globalScope!.childScopes[0]!

function originals(
  path: string,
  code: string,
  map: SourceMap | undefined,
): Pick<SourceFile, 'positionOf' | 'positionAt'> {
  const original = ({ line, column }: { line: number; column: number }) => {
    const entry = map?.findEntry(line - 1, column)
    if (entry === undefined || !('originalLine' in entry)) return { file: path, line, column: column + 1 }
    const position = { line: entry.originalLine + 1, column: entry.originalColumn + 1 }
    return { file: pathOfSource(path, entry.originalSource), ...position, ...nameIn(entry) }
  }
  return {
    positionOf: ({ loc }) => original(loc!.start),
    positionAt: (offset) => original(getLineInfo(code, offset)),
  }
}

/** webpack's sources are URLs of its own, `webpack://package/./src/main.ts`, relative to where it ran. */
function pathOfSource(path: string, source: string): string {
  const [, inProject] = /^webpack:\/\/[^/]*\/(.*)$/.exec(source) ?? []
  return inProject === undefined ? resolve(dirname(path), pathOf(source)) : resolve(inProject)
}

/** What the name was before somebody shortened it. */
function nameIn(entry: object): { name?: string } {
  return 'name' in entry && typeof entry.name === 'string' ? { name: entry.name } : {}
}

/** The map that a compiler put beside the file. */
function ownMap(path: string, text: string): SourceMap | undefined {
  const [, url] = /\n\/\/# sourceMappingURL=(\S+)\s*$/.exec(text) ?? []
  if (url === undefined || url.startsWith('data:')) return undefined
  try {
    return new SourceMap(JSON.parse(readFileSync(resolve(dirname(path), url), 'utf8')))
  } catch {
    return undefined
  }
}
