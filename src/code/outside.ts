import { dirname, resolve } from 'node:path'
import type { BuildFailure, BuildResult } from 'esbuild'
import { LoadError } from '../errors.js'
import { shortPath } from './esbuild.js'
import { nativePackagesAmong } from './native-packages.js'

/** A package that is not bundled but resolved where the code runs. */
export interface Outside {
  readonly name: string
  readonly version?: string | undefined
}

type Attempt = Pick<BuildResult<{ metafile: true }>, 'metafile'> | { readonly failure: unknown }

/** Tables are made by the worker's copy, and go wrong, silently, in the functions of a copy within a bundle. */
const ALWAYS = ['apache-arrow']

/** What the user wants to stay outside, and what must. */
export function givenOutside({ external = [] }: { readonly external?: readonly string[] }): Outside[] {
  return [...new Set([...ALWAYS, ...external])].map((name) => ({ name }))
}

/**
 * What an attempt to bundle shows to belong outside, too: packages with native parts, and what packages import that is
 * not installed, since packages try for what is optional to them.
 * @throws LoadError HEDDLE_NATIVE for an addon that is in no package
 */
export function moreOutside({ file }: { file: string }, attempt: Attempt, known: readonly Outside[]): Outside[] {
  const found = 'failure' in attempt ? optionalIn(attempt.failure) : nativesIn(file, attempt)
  return found.filter(({ name }) => !known.some((one) => one.name === name))
}

function nativesIn(file: string, attempt: Exclude<Attempt, { failure: unknown }>): Outside[] {
  const files = filesOf(file, attempt)
  const own = files.find((path) => path.endsWith('.node') && !isInPackage(path))
  if (own !== undefined) throw ownAddon(shortPath(file), own)
  return nativePackagesAmong(files)
}

const isInPackage = (path: string) => /(^|[\\/])node_modules[\\/]/.test(path)

function optionalIn(failure: unknown): Outside[] {
  const errors = (failure as Partial<BuildFailure>).errors ?? []
  const names = errors.map(({ text, location }) =>
    location !== null && isInPackage(location.file) ? /^Could not resolve "([^."/][^"]*)"/.exec(text)?.[1] : undefined,
  )
  // Any other error is one that the user has to see.
  return names.includes(undefined) ? [] : [...new Set(names)].map((name) => ({ name: name! }))
}

function ownAddon(importer: string, path: string): LoadError {
  return new LoadError(
    'HEDDLE_NATIVE',
    `${importer} imports ${shortPath(path)}, compiled code that cannot be sent. ` +
      'Make a package of it and install that where the workers run',
  )
}

/** All files that went into a bundle. */
export function filesOf(entry: string, { metafile }: Exclude<Attempt, { failure: unknown }>): string[] {
  return Object.keys(metafile.inputs)
    .filter((path) => !path.startsWith('<'))
    .map((path) => resolve(dirname(entry), path.replace(/^[\w-]+:/, '')))
}
