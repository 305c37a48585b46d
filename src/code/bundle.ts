import { basename, dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BuildOptions, BuildResult } from 'esbuild'
import { LoadError } from '../errors.js'
import type { Artefact } from './artefact.js'
import { type AsyncBody, asyncBody } from './async-body.js'
import { buildError, esbuild, shortPath } from './esbuild.js'
import { seal } from './hash.js'
import { type NativePackage, nativePackagesAmong } from './native-packages.js'

/** What is bundled: a file, or a text that stands for one. */
export interface Entry {
  readonly file: string
  readonly text?: string
  /** Packages that stay outside, beside those with native parts. */
  readonly external?: readonly string[]
}

/** An artefact of kind 'module', and what its body was made of. */
export interface Bundle {
  readonly artefact: Artefact
  readonly source: AsyncBody
  readonly files: readonly string[]
}

type Result = BuildResult<{ metafile: true; write: false }>

/** @throws LoadError HEDDLE_LOAD with file, line and column; HEDDLE_NATIVE for an addon of the user's own */
export async function bundle(entry: Entry): Promise<Bundle> {
  const build = (natives: readonly NativePackage[]) =>
    esbuild()
      .build(optionsFor(entry, natives))
      .catch((failure: unknown) => fail(entry, failure))
  const result = await build([])
  const natives = nativesOf(entry, result)
  return finish(entry, natives.length === 0 ? result : await build(natives), natives)
}

/** The same while the caller waits. */
export function bundleSync(entry: Entry): Bundle {
  const build = (natives: readonly NativePackage[]) => {
    try {
      return esbuild().buildSync(optionsFor(entry, natives))
    } catch (failure) {
      return fail(entry, failure)
    }
  }
  const result = build([])
  const natives = nativesOf(entry, result)
  return finish(entry, natives.length === 0 ? result : build(natives), natives)
}

function optionsFor({ file, text, external = [] }: Entry, natives: readonly NativePackage[]) {
  const folder = dirname(file)
  const entry: BuildOptions =
    text === undefined
      ? { entryPoints: [file] }
      : { stdin: { contents: text, sourcefile: file, resolveDir: folder, loader: 'js' } }
  return {
    ...entry,
    // The bundle has no absolute path in it: the same code has the same hash in every folder.
    absWorkingDir: folder,
    outfile: 'bundle.js',
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    charset: 'utf8',
    sourcemap: 'external',
    sourcesContent: false,
    legalComments: 'none',
    logLevel: 'silent',
    loader: { '.node': 'empty' },
    external: ['heddle', 'heddle/*', ...external, ...natives.map(({ name }) => name)],
  } as const satisfies BuildOptions
}

function fail({ file }: Entry, failure: unknown): never {
  throw buildError(shortPath(file), failure, (path) => resolve(dirname(file), path))
}

function nativesOf({ file }: Entry, { metafile }: Result): NativePackage[] {
  const files = filesOf(file, metafile)
  const natives = nativePackagesAmong(files)
  const own = files.find((path) => path.endsWith('.node') && !/[\\/]node_modules[\\/]/.test(path))
  if (own !== undefined) throw ownAddon(shortPath(file), own)
  return natives
}

function ownAddon(importer: string, path: string): LoadError {
  return new LoadError(
    'HEDDLE_NATIVE',
    `${importer} imports ${shortPath(path)}, compiled code that cannot be sent. ` +
      'Make a package of it and install that where the workers run',
  )
}

function filesOf(entry: string, { inputs }: Result['metafile']): string[] {
  return Object.keys(inputs)
    .filter((path) => !path.startsWith('<'))
    .map((path) => resolve(dirname(entry), path.replace(/^[\w-]+:/, '')))
}

function finish({ file, external = [] }: Entry, result: Result, natives: readonly NativePackage[]): Bundle {
  const text = (end: string) => result.outputFiles.find(({ path }) => path.endsWith(end))?.text ?? ''
  const source = asyncBody(text('.js'))
  const externals = externalsOf(result, external, natives)
  const isAtHome = source.usesMeta || externals.length > 0
  const artefact = seal({
    kind: 'module',
    name: basename(file),
    body: source.body,
    map: absoluteSources(text('.map'), dirname(file)),
    externals,
    ...(isAtHome ? { url: pathToFileURL(file).href } : {}),
  })
  return { artefact, source, files: filesOf(file, result.metafile) }
}

/** Of what may stay outside, what is imported. */
function externalsOf({ metafile }: Result, external: readonly string[], natives: readonly NativePackage[]): string[] {
  const imported = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path))
  const isUsed = (name: string) => imported.some((path) => path === name || path.startsWith(`${name}/`))
  const named = natives.map(({ name, version }) => ({
    name,
    text: version === undefined ? name : `${name}@${version}`,
  }))
  const all = [...external.map((name) => ({ name, text: name })), ...named]
  return [...new Set(all.filter(({ name }) => isUsed(name)).map(({ text }) => text))].sort()
}

function absoluteSources(map: string, folder: string): string {
  const parsed = JSON.parse(map) as { sources: string[] }
  return JSON.stringify({ ...parsed, sources: parsed.sources.map((path) => resolve(folder, path)) })
}
