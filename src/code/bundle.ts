import { basename, dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BuildOptions, BuildResult } from 'esbuild'
import type { Artefact } from './artefact.js'
import { type AsyncBody, asyncBody } from './async-body.js'
import { buildError, esbuild, shortPath } from './esbuild.js'
import { seal } from './hash.js'
import { filesOf, givenOutside, moreOutside, type Outside } from './outside.js'

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
  for (let outside = givenOutside(entry); ; ) {
    const attempt = await esbuild().build(optionsFor(entry, outside)).catch(failed)
    const more = moreOutside(entry, attempt, outside)
    if (more.length === 0) return finish(entry, attempt, outside)
    outside = [...outside, ...more]
  }
}

/** The same while the caller waits. */
export function bundleSync(entry: Entry): Bundle {
  for (let outside = givenOutside(entry); ; ) {
    const attempt = buildSync(entry, outside)
    const more = moreOutside(entry, attempt, outside)
    if (more.length === 0) return finish(entry, attempt, outside)
    outside = [...outside, ...more]
  }
}

interface Failed {
  readonly failure: unknown
}

const failed = (failure: unknown): Failed => ({ failure })

function buildSync(entry: Entry, outside: readonly Outside[]): Result | Failed {
  try {
    return esbuild().buildSync(optionsFor(entry, outside))
  } catch (failure) {
    return failed(failure)
  }
}

function optionsFor({ file, text }: Entry, outside: readonly Outside[]) {
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
    external: ['heddle', 'heddle/*', ...outside.map(({ name }) => name)],
  } as const satisfies BuildOptions
}

function finish({ file }: Entry, attempt: Result | Failed, outside: readonly Outside[]): Bundle {
  if ('failure' in attempt) throw buildError(shortPath(file), attempt.failure, (path) => resolve(dirname(file), path))
  const text = (end: string) => attempt.outputFiles.find(({ path }) => path.endsWith(end))?.text ?? ''
  const source = asyncBody(text('.js'))
  const externals = externalsOf(attempt, outside)
  const isAtHome = source.usesMeta || externals.length > 0
  const artefact = seal({
    kind: 'module',
    name: basename(file),
    body: source.body,
    map: absoluteSources(text('.map'), dirname(file)),
    externals,
    ...(isAtHome ? { url: pathToFileURL(file).href } : {}),
  })
  return { artefact, source, files: filesOf(file, attempt) }
}

/** Of what may stay outside, what is imported. */
function externalsOf({ metafile }: Result, outside: readonly Outside[]): string[] {
  const imported = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path))
  const used = outside.filter(({ name }) => imported.some((path) => path === name || path.startsWith(`${name}/`)))
  return used.map(({ name, version }) => (version === undefined ? name : `${name}@${version}`)).sort()
}

function absoluteSources(map: string, folder: string): string {
  const parsed = JSON.parse(map) as { sources: string[] }
  return JSON.stringify({ ...parsed, sources: parsed.sources.map((path) => resolve(folder, path)) })
}
